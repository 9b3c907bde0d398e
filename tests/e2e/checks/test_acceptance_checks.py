"""The checks after `up` really notice: an instance made by plain boto3, then sabotaged."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from tests.e2e.checks.acceptance_estate import (
    APPLICATION,
    METRICS,
    PRIMARY,
    REPLICAS,
    ROLE,
    Estate,
    build,
)


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    root = tmp_path_factory.mktemp("checks")
    (root / "Pulumi.production.yaml").write_text("config: {aws:region: us-east-1}\n")
    paths = SandboxPaths("production", root)
    emulator = client.ensure(paths)
    try:
        yield build(paths, emulator.endpoint)
    finally:
        client.stop(paths)


def test_everything_as_documented_is_green(estate: Estate) -> None:
    assert estate.red() == {}


def test_a_wrong_parameter_turns_its_check_red(estate: Estate) -> None:
    estate.set_parameter("work_mem", "32768")
    red = estate.red()
    assert list(red) == ["parameter work_mem"]
    assert (red["parameter work_mem"].expected, red["parameter work_mem"].actual) == (
        "64MB",
        "32MB",
    )
    estate.set_parameter("work_mem", "65536")
    assert estate.red() == {}


@pytest.mark.parametrize("metric", METRICS)
def test_a_threshold_that_is_not_the_documented_one_turns_its_check_red(
    estate: Estate, metric: str
) -> None:
    estate.put_alarm(REPLICAS[0], metric, "critical", Threshold=1)
    assert list(estate.red()) == [f"alarms on {metric}"]
    estate.put_alarm(REPLICAS[0], metric, "critical")


def test_a_missing_alarm_turns_its_check_red(estate: Estate) -> None:
    estate.aws("cloudwatch").delete_alarms(AlarmNames=[f"{PRIMARY}-CPUUtilization-warning"])
    red = estate.red()
    assert list(red) == ["alarms on CPUUtilization"]
    assert f"{PRIMARY} has critical" in red["alarms on CPUUtilization"].actual
    estate.put_alarm(PRIMARY, "CPUUtilization", "warning")


def test_a_role_that_can_not_log_in_turns_its_check_red(estate: Estate) -> None:
    estate.as_superuser("ALTER ROLE nexusflow_app NOLOGIN")
    red = estate.red()
    assert set(red) == APPLICATION
    assert "not permitted to log in" in red["nexusflow_app logs in over TLS"].actual
    assert ROLE["password"] not in str(red)
    estate.as_superuser("ALTER ROLE nexusflow_app LOGIN")


@pytest.mark.exhaustive(
    example="tests/e2e/checks/test_acceptance_checks.py::test_a_wrong_parameter_turns_its_check_red"
)
def test_a_wrong_secret_turns_the_logins_red(estate: Estate) -> None:
    manager, arn = estate.aws("secretsmanager"), estate.outputs["roles"]["nexusflow_app"]
    wrong = json.dumps({**ROLE, "password": "another"})
    manager.put_secret_value(SecretId=arn["secret_arn"], SecretString=wrong)
    assert set(estate.red()) == APPLICATION
    manager.put_secret_value(SecretId=arn["secret_arn"], SecretString=json.dumps(ROLE))


@pytest.mark.parametrize(
    ("change", "undo", "check"),
    [
        (
            "ALTER TABLE public.contacts DISABLE ROW LEVEL SECURITY",
            "ALTER TABLE public.contacts ENABLE ROW LEVEL SECURITY",
            "another organization's rows stay hidden",
        ),
        (
            "GRANT UPDATE ON public.contacts TO nexusflow_readonly",
            "REVOKE UPDATE ON public.contacts FROM nexusflow_readonly",
            "nexusflow_readonly can't write",
        ),
        (
            "REVOKE INSERT ON public.contacts FROM nexusflow_app",
            "GRANT INSERT ON public.contacts TO nexusflow_app",
            "nexusflow_app reads and writes",
        ),
    ],
)
def test_a_wrong_right_turns_its_check_red(
    estate: Estate, change: str, undo: str, check: str
) -> None:
    estate.as_superuser(change, "nexusflow")
    assert check in estate.red()
    estate.as_superuser(undo, "nexusflow")
    assert estate.red() == {}


@pytest.mark.exhaustive(
    example="tests/e2e/checks/test_acceptance_checks.py::test_a_wrong_parameter_turns_its_check_red"
)
def test_an_untrusted_certificate_turns_every_login_red(estate: Estate, tmp_path: Path) -> None:
    other = SandboxPaths("production", tmp_path)
    (tmp_path / "Pulumi.production.yaml").write_text("config: {}\n")
    stranger = Estate(other, estate.endpoint, estate.outputs)
    assert {"master logs in over TLS", "nexusflow_app logs in over TLS"} <= set(stranger.red())


@pytest.mark.parametrize(
    ("change", "check"),
    [
        ({"DBInstanceClass": "db.r6g.large"}, "instance: class"),
        ({"Iops": 13000}, "instance: IOPS"),
        ({"MultiAZ": False}, "instance: Multi-AZ"),
        ({"AllocatedStorage": 600}, "instance: storage"),  # last: storage can't be made smaller
    ],
)
def test_a_wrong_figure_turns_its_check_red(
    estate: Estate, change: dict[str, Any], check: str
) -> None:
    name, rds = PRIMARY, estate.aws("rds")
    before = rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]
    rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **change)
    assert list(estate.red()) == [check]
    undone = {key: before[key] for key in change if key != "AllocatedStorage"}
    if undone:
        rds.modify_db_instance(DBInstanceIdentifier=name, ApplyImmediately=True, **undone)


@pytest.mark.exhaustive(
    example="tests/e2e/checks/test_acceptance_checks.py::test_a_wrong_parameter_turns_its_check_red"
)
def test_a_replica_less_than_documented_turns_its_check_red(estate: Estate) -> None:
    rds, (gone, left) = estate.aws("rds"), REPLICAS
    rds.delete_db_instance(DBInstanceIdentifier=gone, SkipFinalSnapshot=True)
    readers = [each for each in estate.outputs["postgres"]["readers"] if each["identifier"] == left]
    outputs = {**estate.outputs, "postgres": {**estate.outputs["postgres"], "readers": readers}}
    red = Estate(estate.paths, estate.endpoint, outputs).red()
    assert red["instance: read replicas"].actual == "1"
    stays = {"instance: storage"}  # red when the storage of the test above grew: it can't shrink
    others = {name for name in red if not name.startswith("alarms on ")}
    assert others - stays == {"instance: read replicas"}
