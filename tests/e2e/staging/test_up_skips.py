"""`up` leaves an update out only while nothing has drifted and everything runs."""

from __future__ import annotations

import signal
import time
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
FLOW_LOGS = f"/nexusflow-{ENV}/flow-logs"
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
    example="tests/e2e/staging/test_up_skips.py::test_an_unchanged_environment_is_not_updated"
)
def test_drift_in_a_bound_attribute_and_in_a_dynamic_resource_each_lead_to_an_update(
    staging: Checkout,
) -> None:
    """The bound attribute is the foundation's and the dynamic resource is main's: each project is
    updated for its own drift alone."""
    logs = boto3.client("logs", region_name="us-east-1")
    (group,) = logs.describe_log_groups(logGroupNamePrefix=FLOW_LOGS)["logGroups"]
    logs.put_retention_policy(logGroupName=FLOW_LOGS, retentionInDays=1)
    url = staging.exports(ENV)["PG_SUPERUSER_URL"]
    with psycopg.connect(url) as connection:
        connection.execute(f"ALTER TABLE {TABLE} DISABLE ROW LEVEL SECURITY".encode())
    repaired = staging.up(ENV)
    assert skipped(repaired) == []
    projects = {urn.split("::")[1] for urn in repaired.changed}
    assert projects == {"nexusflow-foundation", "nexusflow"}
    (now,) = logs.describe_log_groups(logGroupNamePrefix=FLOW_LOGS)["logGroups"]
    assert now["retentionInDays"] == group["retentionInDays"]
    with psycopg.connect(url) as connection:
        assert connection.execute(ROW_SECURITY, (TABLE,)).fetchone() == (True,)


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_up_skips.py::test_an_unchanged_environment_is_not_updated"
)
def test_a_dead_server_is_started_again_and_nothing_else_is_done(staging: Checkout) -> None:
    (postmaster,) = servers(staging.paths(ENV), "postgres")
    postmaster.send_signal(signal.SIGKILL)
    wait_until_ended(postmaster)
    back = staging.up(ENV)
    assert "its server had ended and was started again" in back.stderr
    assert skipped(back) == SKIPPED
    assert all(check["passed"] for check in back.document["checks"])


def wait_until_ended(process: psutil.Process) -> None:
    """Its parent, the emulator, may not have asked for its exit code yet."""
    deadline = time.monotonic() + 30
    while process.is_running() and process.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.05)


def servers(paths: SandboxPaths, program: str) -> list[psutil.Process]:
    found = processes.find(paths, processes.SERVER)
    pids = {each.pid for each in found}
    parents = [each for each in found if each.ppid() not in pids]
    return [each for each in parents if Path(each.exe()).name == program]
