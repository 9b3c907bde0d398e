"""Creating an ECS service starts the real PgBouncer from what its task definition carries."""

from __future__ import annotations

import socket

import psycopg
import pytest

from acceptance import documented
from components.pgbouncer import config as pgbouncer_ini
from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from tests.sandbox.emulator.pooler import APP, LISTED, PASSWORDS, READONLY, Pooler, aws, build


@pytest.fixture(scope="module")
def pooler(paths: SandboxPaths, emulator: client.Emulator) -> Pooler:
    return build(paths, emulator.endpoint)


def test_the_service_runs_a_pooler_that_speaks_tls_both_ways(pooler: Pooler) -> None:
    assert pooler.rollout() == ("COMPLETED", pooler.definition)
    with pooler.connect(APP) as connection:
        assert connection.pgconn.ssl_in_use
        query = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
        assert connection.execute(query).fetchone() == (True,)


def test_a_client_without_tls_is_turned_away(pooler: Pooler) -> None:
    with pytest.raises(psycopg.OperationalError, match="SSL required"):
        psycopg.connect(
            host="127.0.0.1",
            port=pooler.port,
            user=APP,
            password=PASSWORDS[APP],
            dbname="postgres",
            sslmode="disable",
        )


def test_a_set_left_behind_does_not_choose_the_next_clients_tenant(pooler: Pooler) -> None:
    with pooler.connect(APP) as first:
        pid = first.execute("SELECT pg_backend_pid()").fetchone()
        first.execute("SET app.current_org_id = 'left behind'")
    with pooler.connect(APP) as second:
        seen = second.execute(
            "SELECT pg_backend_pid(), current_setting('app.current_org_id', true)"
        ).fetchone()
    assert pid is not None
    assert seen == (pid[0], "")


def test_the_console_shows_the_documented_settings(pooler: Pooler) -> None:
    with pooler.connect(pgbouncer_ini.STATS, "pgbouncer") as console:
        shown = {row[0]: row[1] for row in console.execute("SHOW CONFIG").fetchall()}
    assert {name: shown[name] for name in documented.POOLING} == documented.POOLING


def test_the_stats_user_reads_the_console_and_commands_nothing(pooler: Pooler) -> None:
    with (
        pooler.connect(pgbouncer_ini.STATS, "pgbouncer") as console,
        pytest.raises(psycopg.Error, match="admin access needed"),
    ):
        console.execute("PAUSE")


def test_a_new_version_of_the_users_list_rolls_the_service(pooler: Pooler) -> None:
    without = pooler.register(pooler.put_users(APP, pgbouncer_ini.STATS))
    assert pooler.roll(without) == "COMPLETED"
    with pytest.raises(psycopg.OperationalError):
        pooler.connect(READONLY)
    assert pooler.roll(pooler.register(pooler.put_users(*LISTED))) == "COMPLETED"
    with pooler.connect(READONLY) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (READONLY,)


@pytest.mark.parametrize("fault", ["no such image", "no such server", "no such version"])
def test_a_deployment_that_fails_leaves_the_one_before_serving(pooler: Pooler, fault: str) -> None:
    version = pooler.put_users(*LISTED)
    before = pooler.register(version)
    assert pooler.roll(before) == "COMPLETED"
    broken = {
        "no such image": lambda: pooler.register(version, digest=f"sha256:{64 * 'b'}"),
        "no such server": lambda: pooler.register(version, primary="nowhere.invalid"),
        "no such version": lambda: pooler.register("00000000-0000-0000-0000-000000000000"),
    }[fault]()
    assert pooler.roll(broken) == "FAILED"
    assert pooler.rollout() == ("FAILED", before)
    with pooler.connect(APP) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_service_that_is_scaled_to_nothing_answers_again_when_it_is_wanted(
    pooler: Pooler,
) -> None:
    def scale(count: int) -> None:
        aws("ecs").update_service(cluster="pooler", service="pooler", desiredCount=count)

    scale(0)
    with pytest.raises(psycopg.OperationalError):
        pooler.connect(APP)
    scale(2)
    with pooler.connect(APP) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_a_port_that_another_program_has_fails_the_deployment(pooler: Pooler) -> None:
    def scale(count: int) -> None:
        aws("ecs").update_service(cluster="pooler", service="pooler", desiredCount=count)

    scale(0)
    with socket.create_server(("127.0.0.1", pooler.port)):
        scale(1)
        assert pooler.rollout()[0] == "FAILED"
        assert f"port {pooler.port}, which another program has" in (
            pooler.paths.emulator_log.read_text()
        )
    scale(0)
    scale(1)
    with pooler.connect(APP) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


def test_the_emulators_log_has_no_secret(pooler: Pooler) -> None:
    text = pooler.paths.emulator_log.read_text()
    for secret in (*PASSWORDS.values(), *pooler.verifiers.values(), "PRIVATE KEY"):
        assert secret not in text


def test_a_deleted_service_answers_no_more_and_leaves_no_process(pooler: Pooler) -> None:
    def poolers() -> list[str]:
        found = processes.find(pooler.paths, processes.SERVER)
        return [process.name() for process in found if process.name() == "pgbouncer"]

    assert poolers()
    ecs = aws("ecs")
    ecs.update_service(cluster="pooler", service="pooler", desiredCount=0)
    ecs.delete_service(cluster="pooler", service="pooler")
    assert not poolers()
    with pytest.raises(psycopg.OperationalError):
        pooler.connect(APP)
