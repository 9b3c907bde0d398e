"""The loop on the real engine: up, nothing to report, checks that can turn red, down."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import boto3
import psycopg
import pytest
import redis
from psycopg import sql
from redis.backoff import NoBackoff
from redis.retry import Retry

from acceptance.redis import KEY_PREFIXES
from engine import checkpoint
from engine.projects import IN_ORDER
from ops.sandbox.connection_variables import server_of, servers
from sandbox.paths import PROJECT_ROOT
from tests.e2e.checkout import Checkout, Finished

REPLAYED = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
FEWEST_RESOURCES = 150
Sabotage = Callable[[Checkout], AbstractContextManager[None]]


def failed_checks(finished: Finished) -> set[str]:
    return {check["name"] for check in finished.document["checks"] if not check["passed"]}


def superuser(checkout: Checkout) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(checkout.exports()["PG_SUPERUSER_URL"], autocommit=True)


def test_up_ends_with_checks_that_all_passed(production: Checkout) -> None:
    again = production.up()
    checks = again.document["checks"]
    assert again.document["result"] == "succeeded"
    assert len(checks) >= 12
    assert all(check["passed"] for check in checks)


def test_the_state_holds_the_whole_estate(production: Checkout) -> None:
    """The figure that the time limits of `up` and preview are given for."""
    recorded = [
        resource
        for project in IN_ORDER
        for resource in checkpoint.deployment(production.paths(), project.name(production.root))[
            "resources"
        ]
        if resource["custom"] and not resource["type"].startswith("pulumi:")
    ]
    assert len(recorded) >= FEWEST_RESOURCES


def test_an_unchanged_environment_has_nothing_to_report(production: Checkout) -> None:
    for _ in range(2):  # the second one meets what the first one recorded
        finished = production.sandbox("refresh", "--expect-no-changes")
        assert finished.code == 0, finished.stdout
        assert finished.changed == {}


def test_a_preview_shows_no_change_and_what_the_configuration_is_warned_of(
    production: Checkout,
) -> None:
    finished = production.sandbox("preview", "--expect-no-changes")
    assert finished.code == 0, finished.stdout
    assert finished.changed == {}
    document = finished.document
    warned = [d for d in document["diagnostics"] if d["severity"] == "warning"]
    assert [d["message"].partition(" ")[2].partition(": ")[0] for d in warned] == [
        "nexusflow:postgres.storage.iops",
        "nexusflow:clickhouse.packages",
    ]
    assert document["notes"] == []


def test_the_exports_reach_the_database_as_both_roles(production: Checkout) -> None:
    exports = production.exports()
    with psycopg.connect(exports["APP_URL"]) as app:
        row = app.execute("SELECT current_user, current_database()").fetchone()
        assert row == ("nexusflow_app", "nexusflow")
    with psycopg.connect(
        host=exports["PGHOST"],
        port=exports["PGPORT"],
        dbname=exports["PGDATABASE"],
        user=exports["PGUSER"],
        password=exports["PGPASSWORD"],
        sslmode="verify-full",
        sslrootcert=str(production.paths().ca_certificate),
    ) as master:
        assert master.execute(
            "SELECT rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone() == (False,)
    with superuser(production) as connection:
        row = connection.execute(
            "SELECT current_database(), rolsuper FROM pg_roles WHERE rolname = current_user"
        ).fetchone()
        assert row == ("nexusflow", True)


def test_the_application_reaches_the_database_through_the_pooler_by_its_url(
    production: Checkout,
) -> None:
    with psycopg.connect(production.exports()["PGBOUNCER_URL"], autocommit=True) as pooled:
        assert pooled.pgconn.ssl_in_use
        row = pooled.execute("SELECT session_user, current_database()").fetchone()
        assert row == ("nexusflow_app", "nexusflow")
        assert pooled.info.host == "pgbouncer.nexusflow.internal"


def test_every_user_of_redis_logs_in_by_its_url(production: Checkout) -> None:
    urls = production.exports()["REDIS_URLS"].split(",")
    assert {urlsplit(url).username for url in urls} == {
        f"nexusflow_{user}" for user in KEY_PREFIXES
    }
    for url in urls:
        assert urlsplit(url).scheme == "rediss"
        with redis.Redis.from_url(url) as connection:
            assert connection.ping()
        with pytest.raises(redis.exceptions.ConnectionError, match="certificate verify failed"):
            redis.Redis.from_url(url.partition("?")[0], retry=Retry(NoBackoff(), 0)).ping()


def test_a_change_on_the_primary_reaches_the_replicas_which_accept_no_writes(
    production: Checkout,
) -> None:
    readers = production.exports()["READER_URLS"].split(",")
    assert len(readers) == 2
    with superuser(production) as connection:
        connection.execute("CREATE ROLE made_on_the_primary")
        row = connection.execute("SELECT pg_current_wal_lsn()::text").fetchone()
    for url in readers:
        with psycopg.connect(url, autocommit=True) as reader:
            deadline = time.monotonic() + 10
            while reader.execute(REPLAYED, row).fetchone() != (True,):
                assert time.monotonic() < deadline, "the reader does not follow"
                time.sleep(0.05)
            roles = "SELECT FROM pg_roles WHERE rolname = 'made_on_the_primary'"
            assert reader.execute(roles).fetchone() == ()
            with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
                reader.execute("CREATE TABLE public.made_on_a_replica ()")
    with superuser(production) as connection:
        connection.execute("DROP ROLE made_on_the_primary")


@contextmanager
def _stack_file(checkout: Checkout, key: str, value: object) -> Iterator[None]:
    file = "Pulumi.production.yaml"
    before = checkout.edit(file, **{f"config/nexusflow:postgres/{key}": value})
    yield
    (checkout.root / file).write_text(before)


@contextmanager
def _alter_system(checkout: Checkout, parameter: str, value: str) -> Iterator[None]:
    name = sql.Identifier(parameter)
    with superuser(checkout) as connection:
        connection.execute(sql.SQL("ALTER SYSTEM SET {} = {}").format(name, sql.Literal(value)))
        connection.execute("SELECT pg_reload_conf()")
        yield
        connection.execute(sql.SQL("ALTER SYSTEM RESET {}").format(name))
        connection.execute("SELECT pg_reload_conf()")


@contextmanager
def _bypasses(checkout: Checkout, role: str) -> Iterator[None]:
    """Only a superuser can take this back: `up` tells of it and goes on."""
    name = sql.Identifier(role)
    with superuser(checkout) as connection:
        connection.execute(sql.SQL("ALTER ROLE {} BYPASSRLS").format(name))
        yield
        connection.execute(sql.SQL("ALTER ROLE {} NOBYPASSRLS").format(name))


@contextmanager
def _replay_paused(checkout: Checkout) -> Iterator[None]:
    """The first reader goes on receiving and shows nothing of it."""
    endpoint = checkout.exports()["AWS_ENDPOINT_URL"]
    server = server_of("nexusflow-production-replica-1", servers(endpoint))
    assert server is not None
    with psycopg.connect(server["superuser_url"], autocommit=True) as reader:
        reader.execute("SELECT pg_wal_replay_pause()")
        with superuser(checkout) as primary:
            primary.execute("CREATE ROLE never_shown")
            primary.execute("DROP ROLE never_shown")
        yield
        reader.execute("SELECT pg_wal_replay_resume()")


OF_THE_SERVERS: dict[str, Sabotage] = {
    "parameter work_mem": lambda at: _alter_system(at, "work_mem", "4MB"),
    "another organization's rows stay hidden": lambda at: _bypasses(at, "nexusflow_app"),
    "replication to nexusflow-production-replica-1": _replay_paused,
}
OF_THE_CONFIGURATION: dict[str, Sabotage] = {
    "instance: class": lambda at: _stack_file(at, "instance_class", "db.r6g.2xlarge"),
    "instance: IOPS": lambda at: _stack_file(at, "storage", {"allocated_gb": 500, "iops": 13000}),
}
SCALED_TO_THE_VOLUME = {"alarms on ReadIOPS"}
"""These alarms leave the documented figure together with the volume's IOPS."""


def sabotaged_up(checkout: Checkout, sabotages: dict[str, Sabotage]) -> Finished:
    """What `up` says while all of these are in force."""
    with ExitStack() as stack:
        for sabotage in sabotages.values():
            stack.enter_context(sabotage(checkout))
        return checkout.sandbox("up")


def rds_of(checkout: Checkout) -> Any:
    exports = checkout.exports()
    return boto3.client(
        "rds",
        endpoint_url=exports["AWS_ENDPOINT_URL"],
        region_name=exports["AWS_REGION"],
        aws_access_key_id=exports["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=exports["AWS_SECRET_ACCESS_KEY"],
    )


def test_changes_by_hand_are_shown_turn_their_checks_red_and_are_taken_back(
    production: Checkout,
) -> None:
    rds, instance = rds_of(production), {"DBInstanceIdentifier": "nexusflow-production"}
    rds.modify_db_instance(**instance, BackupRetentionPeriod=3, ApplyImmediately=True)
    shown = production.sandbox("refresh").changed
    assert {urn.rpartition("::")[2]: change for urn, change in shown.items()} == {
        "postgres": ["update", "backupRetentionPeriod"]
    }
    sabotaged = sabotaged_up(production, OF_THE_SERVERS)
    assert sabotaged.code != 0
    # what is wrong in the server shows through the pooler too
    failed = {name.removeprefix("pgbouncer: ") for name in failed_checks(sabotaged)}
    assert failed == set(OF_THE_SERVERS)
    repaired = production.up()
    assert failed_checks(repaired) == set()
    (found,) = rds.describe_db_instances(**instance)["DBInstances"]
    assert found["BackupRetentionPeriod"] == 7


@pytest.mark.exhaustive(
    example="tests/e2e/production/test_loop.py"
    "::test_changes_by_hand_are_shown_turn_their_checks_red_and_are_taken_back"
)
def test_a_configuration_beside_the_documented_figures_turns_their_checks_red(
    production: Checkout,
) -> None:
    sabotaged = sabotaged_up(production, OF_THE_CONFIGURATION)
    assert sabotaged.code != 0
    assert failed_checks(sabotaged) == set(OF_THE_CONFIGURATION) | SCALED_TO_THE_VOLUME
    assert failed_checks(production.up()) == set()


@pytest.mark.exhaustive(
    example="tests/e2e/test_policy.py"
    "::test_a_run_is_stopped_before_anything_changes_by_the_rules_or_by_the_engine"
)
def test_a_stack_file_that_breaks_a_rule_stops_up_before_anything_changes(
    production: Checkout,
) -> None:
    with _stack_file(production, "multi_az", False):
        stopped = production.sandbox("up")
    assert stopped.code != 0
    assert [each["rule"] for each in stopped.document["violations"]] == ["RDS.5"]
    assert stopped.document["changes"].keys() <= {"same", "read"}  # the foundation's
    assert production.sandbox("refresh", "--expect-no-changes").code == 0


def test_a_run_touches_no_file_of_the_project(production: Checkout) -> None:
    def digests(root: Path, like: Path) -> dict[str, str]:
        return {
            str(path.relative_to(like)): hashlib.sha256(
                (root / path.relative_to(like)).read_bytes()
            ).hexdigest()
            for path in like.rglob("*")
            if path.is_file()
            and path.suffix in (".py", ".yaml", ".toml", ".mod", ".sum")
            and not {".venv", ".sandbox", ".git"} & set(path.relative_to(like).parts)
        }

    assert digests(production.root, PROJECT_ROOT) == digests(PROJECT_ROOT, PROJECT_ROOT)
