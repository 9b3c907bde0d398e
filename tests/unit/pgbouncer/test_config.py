"""PgBouncer's configuration: the documented settings, and what this machine changes of them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.pgbouncer import config as pgbouncer_ini
from config import load
from config.rules import pgbouncer
from config.settings.pgbouncer import PgbouncerSettings
from config.settings.stack import Settings
from config.sizing.postgres import PooledConnections, ServerPool, tasks_at_once
from sandbox.providers.aws.types.task_definitions import fits
from sandbox.servers.pgbouncer import configuration as here

ROOT = Path(__file__).resolve().parents[3]
HOSTS = {"primary": "postgres.nexusflow.internal", "readers": "readers.nexusflow.internal"}
PORTS = {"primary": 5432, "readers": 5432}
SANDBOX_RELEASE = (1, 18)


def _settings(environment: str = "production") -> Settings:
    settings = load.read(ROOT / f"Pulumi.{environment}.yaml")
    assert isinstance(settings, Settings)
    return settings


@pytest.fixture(scope="module")
def pooler() -> PgbouncerSettings:
    return _settings().pgbouncer


@pytest.fixture(scope="module")
def image(pooler: PgbouncerSettings) -> str:
    return pgbouncer_ini.render(pooler, "nexusflow", HOSTS, PORTS)


def test_the_documented_lines_stand_as_they_are_documented(image: str) -> None:
    documented = """\
nexusflow = host=postgres.nexusflow.internal port=5432 dbname=nexusflow
pool_mode = transaction
max_client_conn = 1000
default_pool_size = 25
reserve_pool_size = 5
reserve_pool_timeout = 3
"""
    assert set(documented.splitlines()) <= set(image.splitlines())


def test_nothing_of_a_session_reaches_the_next_client(image: str) -> None:
    section = here.parsed(image)["pgbouncer"]
    assert section["server_reset_query"] == "RESET ALL"
    assert section["server_reset_query_always"] == "1"
    assert "options" not in section["ignore_startup_parameters"]


def test_tls_is_required_both_ways_from_version_1_2_on(image: str) -> None:
    section = here.parsed(image)["pgbouncer"]
    assert section["client_tls_sslmode"] == "require"
    assert section["server_tls_sslmode"] == "verify-ca"
    assert section["client_tls_protocols"] == section["server_tls_protocols"] == "tlsv1.2,tlsv1.3"


def test_the_readers_entry_leads_to_the_readers_within_its_roles_limit(image: str) -> None:
    entry = here.parsed(image)["databases"]["nexusflow_readers"]
    assert entry.startswith("host=readers.nexusflow.internal port=5432 dbname=nexusflow ")
    assert entry.endswith("pool_size=5 reserve_pool=2 max_db_connections=7")


def test_no_entry_can_hold_more_than_the_budget_counts(
    image: str, pooler: PgbouncerSettings
) -> None:
    section = here.parsed(image)["pgbouncer"]
    assert section["max_db_connections"] == "30"
    (pool,) = pooler.server_pools(pooler.pools["nexusflow"])
    assert pool.size + pool.reserve == 30


def test_this_machine_differs_in_addresses_paths_and_settings_of_a_later_release_only(
    image: str,
) -> None:
    text = here.adapted(image, Path("/private"), 40123, SANDBOX_RELEASE, lambda host: "127.0.0.1")
    ours, theirs = here.parsed(text), here.parsed(image)
    differing = {
        key
        for key in ours["pgbouncer"].keys() | theirs["pgbouncer"].keys()
        if ours["pgbouncer"].get(key) != theirs["pgbouncer"].get(key)
    }
    assert differing == here.MACHINES_OWN | {"max_prepared_statements"}
    assert {key for key in differing if key not in ours["pgbouncer"]} == {"max_prepared_statements"}
    assert ours["databases"] == {
        name: entry.replace("postgres.nexusflow.internal", "127.0.0.1").replace(
            "readers.nexusflow.internal", "127.0.0.1"
        )
        for name, entry in theirs["databases"].items()
    }
    assert "/run/pgbouncer" not in text
    assert ours["pgbouncer"]["server_tls_ca_file"] == "/private/server-ca.pem"


def test_the_image_s_release_knows_every_setting_and_the_same_release_here_drops_none(
    image: str,
) -> None:
    text = here.adapted(image, Path("/private"), 1, (1, 26), str)
    assert here.parsed(text)["pgbouncer"].keys() == here.parsed(image)["pgbouncer"].keys()


def test_the_users_list_holds_verifiers_and_never_a_bare_password() -> None:
    listed = pgbouncer_ini.userlist([("nexusflow_app", "SCRAM-SHA-256$4096:c2FsdA==$a:b")])
    assert listed == '"nexusflow_app" "SCRAM-SHA-256$4096:c2FsdA==$a:b"\n'


def test_the_pairs_of_cpu_and_memory_are_those_that_aws_lists() -> None:
    sizes = [512, *range(1024, 31 * 1024, 512)]
    wrong = [
        (cpu, memory)
        for cpu in pgbouncer.FARGATE_MEMORY_MIB
        for memory in sizes
        if pgbouncer.offered(cpu, memory) != fits(str(cpu), str(memory))
    ]
    assert not wrong


@pytest.mark.parametrize(
    ("most", "percent", "at_once"), [(2, 200, 4), (3, 150, 4), (5, 110, 5), (1, 199, 1)]
)
def test_a_deployment_runs_as_many_tasks_as_ecs_rounds_to(
    most: int, percent: int, at_once: int
) -> None:
    assert tasks_at_once(most, percent) == at_once


@given(st.integers(1, 100), st.integers(101, 200), st.lists(st.integers(0, 50), max_size=4))
def test_neither_fewer_tasks_nor_fewer_connections_ask_for_more(
    tasks: int, percent: int, sizes: list[int]
) -> None:
    def total(tasks: int, percent: int, sizes: list[int]) -> int:
        pools = tuple(ServerPool("role", size, size // 5) for size in sizes)
        return PooledConnections(tasks, percent, pools).total

    most = total(tasks, percent, sizes)
    assert most >= total(tasks, 101, sizes) >= total(tasks - 1, 101, sizes)
    assert most >= total(tasks, percent, sizes[1:])
    assert most >= tasks * sum(size + size // 5 for size in sizes)


def test_the_budget_is_tasks_times_pools_with_their_reserves() -> None:
    pools = (ServerPool("app", 25, 5), ServerPool("readonly", 25, 5))
    assert PooledConnections(2, 100, pools).total == 120
    during_deployment = PooledConnections(2, 200, pools)
    assert during_deployment.total == 240
    assert str(during_deployment) == (
        "2 tasks at 200 % = 4 at once x [app (25 + 5) + readonly (25 + 5)] = 240 connections"
    )
