"""Databases of the postgresql provider on a real server."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, LiteralString

import psycopg
import pytest

from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql.inputs import DATABASE_CHANGES, verifier
from tests.sandbox.providers.postgresql_provider import (
    DATABASE,
    MASTER,
    ROLE,
    Maker,
    Running,
)

# -- databases ---------------------------------------------------------------------------------


def test_a_database_is_made_as_asked_and_reads_back_without_difference(
    provider: Engine, make: Maker
) -> None:
    asked = {"encoding": "UTF8", "lcCollate": "C", "lcCtype": "C", "template": "template0"}
    database = make(DATABASE, name="nexusflow", owner=MASTER.name, connectionLimit=9, **asked)
    assert provider.drift(database) == set()
    assert {key: database.state[key] for key in asked} == asked
    assert database.state["tablespaceName"] == "pg_default"


def test_a_database_with_nothing_but_a_name_is_the_masters(provider: Engine, make: Maker) -> None:
    database = make(DATABASE, name="bare")
    assert database.state["owner"] == MASTER.name
    assert database.state["template"] == "template0"
    assert provider.drift(database) == set()


@pytest.mark.parametrize(("name", "change"), DATABASE_CHANGES, ids=[r[0] for r in DATABASE_CHANGES])
def test_a_database_changed_by_hand_is_seen_and_repaired(
    provider: Engine,
    make: Maker,
    behind: Callable[..., list[Any]],
    name: str,
    change: LiteralString,
) -> None:
    database = make(DATABASE, name="shifted", owner=MASTER.name, isTemplate=False)
    behind(change, database="shifted")
    seen = provider.read(database)
    assert seen is not None
    assert provider.diff(seen, database.inputs) == ({name}, set())
    provider.update(seen, database.inputs)
    assert provider.drift(database) == set()


@pytest.mark.parametrize("change", [{"encoding": "SQL_ASCII"}, {"lcCollate": "POSIX"}])
def test_what_only_a_new_database_can_have_replaces_it(
    provider: Engine, make: Maker, change: Properties
) -> None:
    database = make(DATABASE, name="fixed", encoding="UTF8", lcCollate="C", lcCtype="C")
    assert provider.diff(database, {**database.inputs, **change}) == (set(change), set(change))


def test_a_database_goes_to_a_role_and_leaves_the_master_no_membership(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="migrator")
    database = make(DATABASE, name="handed", owner=MASTER.name)
    handed = provider.update(database, {**database.inputs, "owner": "migrator"})
    assert handed.state["owner"] == "migrator"
    assert provider.drift(handed) == set()
    assert behind("SELECT 1 FROM pg_auth_members WHERE roleid = 'migrator'::regrole") == []


def test_a_database_of_another_role_is_changed_only_by_a_member_of_it_as_on_rds(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="migrator")
    database = make(DATABASE, name="foreign", owner="migrator")
    for change in ({"connectionLimit": 5}, {"owner": MASTER.name}):
        with pytest.raises(ProviderError, match="must be owner of database foreign"):
            provider.update(database, {**database.inputs, **change})
    behind("GRANT migrator TO {master}", master=MASTER.name)
    now = provider.update(database, {**database.inputs, "connectionLimit": 5})
    assert now.state["connectionLimit"] == 5


def test_a_hand_over_to_a_superuser_is_refused_in_the_servers_words(provider: Engine) -> None:
    with pytest.raises(ProviderError, match='must be member of role "rdsadmin"'):
        provider.create(DATABASE, {"name": "never", "owner": "rdsadmin"})


def test_a_failed_hand_over_leaves_the_master_no_membership(
    provider: Engine, make: Maker, behind: Callable[..., list[Any]]
) -> None:
    make(ROLE, name="migrator")
    with pytest.raises(ProviderError, match='template database "no_such" does not exist'):
        provider.create(DATABASE, {"name": "never", "owner": "migrator", "template": "no_such"})
    assert behind("SELECT 1 FROM pg_auth_members WHERE roleid = 'migrator'::regrole") == []


def test_a_new_owner_gets_the_objects_too_when_that_is_asked_for(
    server: Running, provider: Engine, make: Maker
) -> None:
    make(ROLE, name="first", login=True, password=verifier("first"))
    make(ROLE, name="second")
    database = make(DATABASE, name="objects", owner="first", alterObjectOwnership=True)
    with server.login("first", "first", "objects") as connection:
        connection.execute("CREATE TABLE public.thing ()")
    provider.update(database, {**database.inputs, "owner": "second"})
    with server.login("first", "first", "objects") as connection:
        row = connection.execute(
            "SELECT tableowner FROM pg_tables WHERE tablename = 'thing'"
        ).fetchone()
    assert row == ("second",)


def test_a_database_in_use_is_dropped_even_as_a_template(server: Running, provider: Engine) -> None:
    database = provider.create(DATABASE, {"name": "busy", "isTemplate": True})
    with server.login(MASTER.name, MASTER.password, "busy") as user:
        provider.delete(database)
        with pytest.raises(psycopg.OperationalError):
            user.execute("SELECT 1")
    assert provider.drift(database) is None


def test_a_database_dropped_by_hand_is_gone_and_its_deletion_is_no_fault(
    provider: Engine, behind: Callable[..., list[Any]]
) -> None:
    database = provider.create(DATABASE, {"name": "vanished"})
    behind("DROP DATABASE vanished")
    assert provider.drift(database) is None
    provider.delete(database)


def test_a_renamed_database_is_found_by_its_new_name(provider: Engine) -> None:
    database = provider.create(DATABASE, {"name": "earlier"})
    renamed = provider.update(database, {**database.inputs, "name": "later"})
    assert provider.drift(renamed) == set()
    provider.delete(renamed)
    assert provider.drift(renamed) is None


def test_a_database_is_adopted_by_its_name_without_difference(
    provider: Engine, make: Maker
) -> None:
    database = make(DATABASE, name="found", template="template0", encoding="UTF8")
    found = provider.read(Live(DATABASE, "found", {}, {}))
    assert found is not None
    assert provider.diff(found, database.inputs) == (set(), set())


def test_the_word_default_is_refused_where_it_would_replace_the_database_for_ever(
    provider: Engine,
) -> None:
    _, failures = provider.check(DATABASE, {"name": "x", "encoding": "DEFAULT"})
    assert "name the value" in failures["encoding"]
