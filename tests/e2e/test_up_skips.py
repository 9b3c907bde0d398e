"""`up` leaves an update out only while nothing has drifted and everything runs."""

from __future__ import annotations

import signal
from pathlib import Path

import boto3
import psutil
import psycopg
import pytest

from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from tests.e2e.checkout import Checkout, Finished

ENV = "staging"
SKIPPED = ["foundation: nothing to update", "main: nothing to update"]
TABLE = "public.contacts"
ROW_SECURITY = "SELECT relrowsecurity FROM pg_class WHERE oid = %s::regclass"


def skipped(finished: Finished) -> list[str]:
    """The projects that were not updated; progress goes to stderr when stdout is a document."""
    return [line for line in finished.stderr.splitlines() if line.endswith("nothing to update")]


def test_an_unchanged_environment_is_not_updated(staging: Checkout) -> None:
    unchanged = staging.up(ENV)
    assert skipped(unchanged) == SKIPPED
    assert unchanged.changed == {}
    assert unchanged.document["checks"], "the checks run all the same"


@pytest.mark.exhaustive(
    example="tests/e2e/test_drift_command.py"
    "::test_changes_in_both_layers_are_found_without_a_password_and_gone_after_up"
)
def test_drift_in_a_bound_attribute_leads_to_an_update_that_reverts_it(staging: Checkout) -> None:
    logs = boto3.client("logs", region_name="us-east-1")
    groups = logs.describe_log_groups()["logGroups"]
    group = next(each for each in groups if "retentionInDays" in each)
    logs.put_retention_policy(logGroupName=group["logGroupName"], retentionInDays=1)
    repaired = staging.up(ENV)
    assert len(skipped(repaired)) < len(SKIPPED)
    assert [paths[0] for paths in repaired.changed.values()] == ["update"]
    (now,) = logs.describe_log_groups(logGroupNamePrefix=group["logGroupName"])["logGroups"]
    assert now["retentionInDays"] == group["retentionInDays"]
    assert skipped(staging.up(ENV)) == SKIPPED


@pytest.mark.exhaustive(
    example="tests/e2e/test_drift_command.py"
    "::test_changes_in_both_layers_are_found_without_a_password_and_gone_after_up"
)
def test_drift_in_a_dynamic_resource_leads_to_an_update_that_reverts_it(staging: Checkout) -> None:
    url = staging.exports(ENV)["PG_SUPERUSER_URL"]
    with psycopg.connect(url) as connection:
        connection.execute(f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY".encode())
    repaired = staging.up(ENV)
    assert skipped(repaired) == SKIPPED[:1]
    with psycopg.connect(url) as connection:
        assert connection.execute(ROW_SECURITY, (TABLE,)).fetchone() == (True,)
    assert skipped(staging.up(ENV)) == SKIPPED


@pytest.mark.exhaustive(
    example="tests/e2e/test_up_skips.py::test_an_unchanged_environment_is_not_updated"
)
def test_changed_code_leads_to_an_update_even_if_no_resource_differs(staging: Checkout) -> None:
    program = staging.root / "__main__.py"
    program.write_text(program.read_text() + "\n# a comment\n")
    assert skipped(staging.up(ENV)) == []
    assert skipped(staging.up(ENV)) == SKIPPED


def test_a_dead_server_is_started_again_before_anything_is_compared(staging: Checkout) -> None:
    (postmaster, *_) = servers(staging.paths(ENV), "postgres")
    postmaster.send_signal(signal.SIGKILL)
    postmaster.wait(timeout=30)
    back = staging.up(ENV)
    assert "its server had ended and was started again" in back.stderr
    assert back.changed == {}
    assert all(check["passed"] for check in back.document["checks"])


def servers(paths: SandboxPaths, program: str) -> list[psutil.Process]:
    found = processes.find(paths, processes.SERVER)
    pids = {each.pid for each in found}
    parents = [each for each in found if each.ppid() not in pids]
    return [each for each in parents if Path(each.exe()).name == program]
