"""`nexusdb drift` on the real engine: both layers found by name, repaired by `up` or told."""

from __future__ import annotations

import contextlib
import os
import signal
import time
from typing import Any

import boto3
import psycopg
import pytest

from sandbox.servers import processes
from tests.e2e.checkout import Checkout, Finished

ENV = "staging"
INSTANCE = "aws:rds/instance:Instance::postgres"
CHANGES = {
    ("public.contacts", "attribute/row_level_security"): (
        "ALTER TABLE public.contacts DISABLE ROW LEVEL SECURITY"
    ),
    ("public.users", "attribute/force_row_level_security"): (
        "ALTER TABLE public.users NO FORCE ROW LEVEL SECURITY"
    ),
    ("public.users", "policy/users_org_isolation/check"): (
        "ALTER POLICY users_org_isolation ON public.users WITH CHECK (true)"
    ),
    ("public.organizations", "policy/everybody"): (
        "CREATE POLICY everybody ON public.organizations USING (true)"
    ),
    ("public.users", "grant/PUBLIC/SELECT"): "GRANT SELECT ON public.users TO PUBLIC",
    ("public.contacts", "grant/nexusflow_readonly/UPDATE(email)"): (
        "GRANT UPDATE (email) ON public.contacts TO nexusflow_readonly"
    ),
    ("public.contacts", "grant/nexusflow_app/SELECT"): (
        "GRANT SELECT ON public.contacts TO nexusflow_app WITH GRANT OPTION"
    ),
    ("public.contacts", "grant/nexusflow_app/DELETE"): (
        "REVOKE DELETE ON public.contacts FROM nexusflow_app"
    ),
    ("default:nexusflow_migrator/public/tables", "grant/nexusflow_readonly/SELECT"): (
        "ALTER DEFAULT PRIVILEGES FOR ROLE nexusflow_migrator IN SCHEMA public "
        "REVOKE SELECT ON TABLES FROM nexusflow_readonly"
    ),
    ("role:nexusflow_app", "membership/nexusflow_admin"): "GRANT nexusflow_admin TO nexusflow_app",
    ("role:nexusflow_app", "attribute/connection_limit"): (
        "ALTER ROLE nexusflow_app CONNECTION LIMIT 7"
    ),
    ("role:nexusflow_admin", "setting/row_security"): (
        "ALTER ROLE nexusflow_admin SET row_security TO off"
    ),
    ("role:nexusflow_readonly", "attribute/password"): (
        "ALTER ROLE nexusflow_readonly PASSWORD 'changed by hand'"
    ),
    ("schema:audit", "owner"): "ALTER SCHEMA audit OWNER TO nexusflow_admin",
    ("role:intruder", "attribute/login"): "CREATE ROLE intruder LOGIN",
    ("function:public.leak()", "attribute/security_definer"): (
        "SET ROLE nexusflow_migrator; CREATE FUNCTION public.leak() RETURNS int LANGUAGE sql "
        "SECURITY DEFINER AS 'SELECT 1'; RESET ROLE"
    ),
}
UNMANAGED = {"role:intruder", "function:public.leak()"}


def drift(checkout: Checkout) -> Finished:
    return checkout.run("drift", "--sandbox", "--env", ENV, "--json")


def findings(finished: Finished) -> dict[tuple[str, str], dict[str, Any]]:
    return {(each["resource"], each["path"]): each for each in finished.document["findings"]}


def as_superuser(checkout: Checkout, *statements: str) -> list[tuple[Any, ...]]:
    url = checkout.exports(ENV)["PG_SUPERUSER_URL"]
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def test_a_clean_environment_has_no_findings_again_and_again(staging: Checkout) -> None:
    for _ in range(2):
        finished = drift(staging)
        assert finished.code == 0, finished.stdout
        assert finished.document["result"] == "clean"
        assert finished.document["findings"] == []


def test_changes_in_both_layers_are_found_without_a_password_and_gone_after_up(
    staging: Checkout,
) -> None:
    exports = staging.exports(ENV)
    rds = boto3.client(
        "rds",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        region_name=exports["AWS_REGION"],
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
    )
    rds.modify_db_instance(
        DBInstanceIdentifier="nexusflow-staging", BackupRetentionPeriod=3, ApplyImmediately=True
    )
    as_superuser(staging, *CHANGES.values())
    before = staging.edit(
        f"Pulumi.{ENV}.yaml", **{"config/nexusflow:postgres/backup_window": "02:00-03:00"}
    )
    found = drift(staging)
    (staging.root / f"Pulumi.{ENV}.yaml").write_text(before)

    assert found.code == 7, found.stderr
    report = found.stdout + found.stderr
    assert exports["PGPASSWORD"] not in report
    assert "SCRAM-SHA-256" not in report
    places = findings(found)
    assert CHANGES.keys() <= places.keys()
    for place in CHANGES:
        assert places[place]["layer"] == "database"
        expected = "unmanaged" if place[0] in UNMANAGED else "drift"
        assert places[place]["class"] == expected
        assert places[place]["fix"]
    cloud = {
        (resource.rpartition("$")[2], path): each
        for (resource, path), each in places.items()
        if each["layer"] == "cloud"
    }
    assert {place: each["class"] for place, each in cloud.items()} == {
        (INSTANCE, "backupRetentionPeriod"): "drift",
        (INSTANCE, "backupWindow"): "unapplied code",
    }
    retention = cloud[INSTANCE, "backupRetentionPeriod"]
    assert (retention["expected"], retention["actual"]) == (7, 3)

    staging.up(ENV)
    assert drift(staging).document["findings"] == []
    as_superuser(staging, "DROP FUNCTION public.leak()", "DROP ROLE intruder")


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_drift_command.py::test_changes_in_both_layers_are_found_without_a_password_and_gone_after_up"
)
def test_unapplied_code_is_reported_apart_from_drift(staging: Checkout) -> None:
    before = staging.edit(
        "config/defaults/database.yaml", **{"roles/nexusflow_app/connection_limit": 130}
    )
    places = findings(drift(staging))
    (staging.root / "config/defaults/database.yaml").write_text(before)
    finding = places["role:nexusflow_app", "attribute/connection_limit"]
    assert (finding["expected"], finding["actual"]) == ("130", "140")
    assert finding["class"] == "unapplied code"


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_drift_command.py::test_changes_in_both_layers_are_found_without_a_password_and_gone_after_up"
)
def test_drift_that_only_a_superuser_can_revert_is_reported_with_the_statement(
    staging: Checkout,
) -> None:
    as_superuser(staging, "ALTER ROLE nexusflow_admin BYPASSRLS")
    up = staging.up(ENV)
    warnings = [each["message"] for each in up.document["diagnostics"]]
    assert any('ALTER ROLE "nexusflow_admin" NOBYPASSRLS' in each for each in warnings)
    finding = findings(drift(staging))["role:nexusflow_admin", "attribute/bypassrls"]
    assert finding["severity"] == "critical"
    as_superuser(staging, finding["fix"].partition(": ")[2])
    staging.up(ENV)
    assert drift(staging).document["findings"] == []


@pytest.mark.exhaustive(
    example="tests/e2e/runs/test_engine_runs.py::test_after_a_kill_the_next_run_ends_the_orphans_and_breaks_the_lock"
)
def test_a_run_killed_in_the_middle_of_a_migration_is_recovered_by_the_next(
    staging: Checkout,
) -> None:
    migration = staging.root / "migrations" / "20270101_slow.sql"
    migration.write_text(
        "-- Up\nCREATE TABLE public.half (id int);\nSELECT pg_sleep(120);\n\n"
        "-- Down\nDROP TABLE public.half;\n"
    )
    run = staging.popen("sandbox", "up", "--env", ENV)
    sleeping = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'"
    deadline = time.monotonic() + 120
    while not as_superuser(staging, sleeping):
        assert run.poll() is None, run.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.2)
    engine = [run.pid, *(each.pid for each in processes.find(staging.paths(ENV), "engine"))]
    for pid in dict.fromkeys(engine):
        _kill(pid)
    run.communicate(timeout=30)

    migration.write_text(migration.read_text().replace("pg_sleep(120)", "pg_sleep(0)"))
    staging.up(ENV)
    assert as_superuser(staging, "SELECT to_regclass('public.half') IS NOT NULL") == [(True,)]
    applied = "SELECT count(*) FROM migration.history WHERE name = '20270101_slow'"
    assert as_superuser(staging, applied) == [(1,)]
    undeclared = findings(drift(staging))["public.half", "exists"]
    assert undeclared["class"] == "unmanaged"


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def test_an_environment_that_does_not_run_is_an_error_and_no_drift(staging: Checkout) -> None:
    finished = staging.run("drift", "--sandbox", "--env", "production", "--json")
    assert finished.code == 1
    assert "isn't running" in finished.document["error"]
