"""Roles of the postgresql provider on a real server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString

import pytest

from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql.inputs import ROLE_CHANGES, SECRET, verifier
from tests.sandbox.providers.postgresql_provider import (
    MASTER,
    ROLE,
    Maker,
    Running,
)

FULL_ROLE: Properties = {
    "login": True,
    "createDatabase": True,
    "createRole": True,
    "inherit": False,
    "connectionLimit": 7,
    "validUntil": "2099-01-01 00:00:00+00",
    "roles": ["pg_read_all_stats", "pg_monitor"],
    "searchPaths": ["$user", "public", "Odd Name"],
    "statementTimeout": 5000,
    "idleInTransactionSessionTimeout": 60000,
    "assumeRole": "pg_monitor",
}


# -- roles -------------------------------------------------------------------------------------


def test_a_role_with_nothing_but_a_name_is_made_and_reads_back_without_difference(
    provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="plain")
    assert role.id == "plain"
    assert provider.drift(role) == set()


def test_a_role_with_every_property_reads_back_without_difference(
    provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="full", password=verifier("full-password"), **FULL_ROLE)
    assert provider.drift(role) == set()
    assert {key: role.state[key] for key in FULL_ROLE} == {
        **FULL_ROLE,
        "roles": ["pg_monitor", "pg_read_all_stats"],
    }


def test_a_role_gets_a_generated_name_when_it_has_none(provider: Engine, make: Maker) -> None:
    role = make(ROLE)
    assert role.id.startswith("it-")
    assert provider.drift(role) == set()


def test_a_scram_verifier_passes_through_and_its_password_logs_in(
    server: Running,
    make: Maker,
    behind: Callable[..., list[Any]],
) -> None:
    role = make(ROLE, name="app", login=True, password=verifier("app-password"))
    stored = behind("SELECT rolpassword FROM pg_authid WHERE rolname = 'app'")
    assert stored == [(verifier("app-password"),)]
    assert server.logs_in("app", "app-password", "postgres")
    assert "password" in role.secrets


def test_a_clear_password_logs_in_and_never_reaches_the_server(
    server: Running, make: Maker
) -> None:
    make(ROLE, name="clear", login=True, password=SECRET)
    assert server.logs_in("clear", SECRET, "postgres")
    log = server.server.log_tail(1000)
    assert "CREATE ROLE" in log  # log_statement is on: the statement itself is there
    assert "planted" not in log


def test_a_changed_password_is_set_and_a_removed_one_is_taken_away(
    server: Running, provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="rotated", login=True, password=verifier("one"))
    second = {"name": "rotated", "login": True, "password": verifier("two")}
    assert provider.diff(role, second) == ({"password"}, set())
    now = provider.update(role, second)
    assert server.logs_in("rotated", "two", "postgres")
    provider.update(now, {"name": "rotated", "login": True})
    assert not server.logs_in("rotated", "two", "postgres")


def test_a_password_changed_by_hand_is_missed_as_by_the_real_provider(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    role = make(ROLE, name="missed", login=True, password=verifier("one"))
    behind("ALTER ROLE missed PASSWORD 'other'")
    assert provider.drift(role) == set()


BEYOND_AN_RDS_MASTER = {"superuser", "replication", "bypassRowLevelSecurity"}


@pytest.mark.parametrize(("name", "change"), ROLE_CHANGES, ids=[row[1] for row in ROLE_CHANGES])
def test_a_role_changed_by_hand_is_seen_and_repaired_where_an_rds_master_could(
    provider: Engine,
    make: Maker,
    behind: Callable[..., list[Any]],
    name: str,
    change: LiteralString,
) -> None:
    role = make(ROLE, name="drifted", roles=["pg_read_all_stats"])
    behind(change, role="drifted")
    seen = provider.read(role)
    assert seen is not None
    paths, replaces = provider.diff(seen, role.inputs)
    assert {path.partition("[")[0] for path in paths} == {name}
    assert not replaces
    if name in BEYOND_AN_RDS_MASTER:
        with pytest.raises(ProviderError, match=r"must be superuser|permission denied"):
            provider.update(seen, role.inputs)
        behind("ALTER ROLE drifted NOSUPERUSER NOREPLICATION NOBYPASSRLS")
    else:
        provider.update(seen, role.inputs)
    assert provider.drift(role) == set()


def test_a_timeout_in_a_unit_is_an_error_that_names_the_remedy(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    role = make(ROLE, name="unit")
    behind("ALTER ROLE unit SET statement_timeout TO '5s'")
    with pytest.raises(ProviderError, match="ALTER ROLE unit RESET statement_timeout"):
        provider.read(role)


def test_an_update_touches_nothing_but_what_changed(
    server: Running, provider: Engine, make: Maker
) -> None:
    role = make(ROLE, name="narrow", login=True, connectionLimit=3, password=verifier("one"))
    provider.update(role, {**role.inputs, "connectionLimit": 4})
    altered = [line for line in server.server.log_tail(1000).splitlines() if "ALTER ROLE" in line]
    assert altered[-1].endswith('ALTER ROLE "narrow" CONNECTION LIMIT 4')


def test_a_role_dropped_by_hand_is_gone_and_its_deletion_is_no_fault(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    role = provider.create(ROLE, {"name": "dropped"})
    behind("DROP ROLE dropped")
    assert provider.drift(role) is None
    provider.delete(role)


def test_a_renamed_role_keeps_its_login_and_is_found_by_its_new_name(
    server: Running, provider: Engine
) -> None:
    role = provider.create(ROLE, {"name": "before", "login": True, "password": verifier("x")})
    renamed = provider.update(role, {**role.inputs, "name": "after"})
    assert server.logs_in("after", "x", "postgres")
    seen = provider.read(renamed)
    assert seen is not None
    assert seen.id == "after"
    provider.delete(renamed)
    assert provider.read(seen) is None


def test_a_role_is_adopted_by_its_name_without_difference(provider: Engine, make: Maker) -> None:
    role = make(ROLE, name="adopted", **FULL_ROLE)
    found = provider.read(Live(ROLE, "adopted", {}, {}))
    assert found is not None
    assert provider.diff(found, role.inputs) == (set(), set())


def test_deleting_a_role_leaves_what_it_owned_to_the_master(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    role = provider.create(ROLE, {"name": "owner"})
    behind("CREATE TABLE kept ()")
    behind("ALTER TABLE kept OWNER TO owner")
    behind("CREATE TABLE granted ()")
    behind("ALTER TABLE granted OWNER TO {master}", master=MASTER.name)
    behind("GRANT SELECT ON granted TO owner")
    provider.delete(role)
    owner = behind("SELECT tableowner FROM pg_tables WHERE tablename = 'kept'")
    assert owner == [(MASTER.name,)]
    behind("DROP TABLE kept, granted")


def test_deletion_keeps_the_role_when_it_is_told_to(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    role = provider.create(ROLE, {"name": "stays", "skipDropRole": True})
    provider.delete(role)
    assert behind("SELECT 1 FROM pg_roles WHERE rolname = 'stays'") == [(1,)]
    behind("DROP ROLE stays")
