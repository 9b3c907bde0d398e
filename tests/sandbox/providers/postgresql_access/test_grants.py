"""Grants of the postgresql provider on a real server."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import LiteralString

import pytest

from sandbox.providers.postgresql.__main__ import PROVIDER
from tests.sandbox.providers.engine_client import Engine, ProviderError
from tests.sandbox.providers.postgresql_access.inputs import (
    APP,
    EVERY_TABLE,
    MEMBER,
    ORDERS,
    access,
    defaults,
    grant,
    heads,
)
from tests.sandbox.providers.postgresql_provider import (
    DATABASE,
    DEFAULTS,
    GRANT,
    MEMBERSHIP,
    Maker,
    Running,
)


def test_named_objects_are_granted_and_the_others_are_not(server: Running, make: Maker) -> None:
    make(GRANT, **grant("table", "SELECT", "INSERT", objects=["orders", "events"]))
    assert access(server, "orders") == access(server, "events") == {"reader=ar/migrator"}
    assert access(server, "items") == set()


def test_without_named_objects_all_of_the_schema_are_granted_even_views_and_partitioned_tables(
    server: Running, make: Maker
) -> None:
    make(GRANT, **EVERY_TABLE)
    for relation in ("orders", "items", "events", "totals"):
        assert access(server, relation) == {"reader=r/migrator"}


def test_a_grant_leaves_the_master_only_the_memberships_it_had(
    server: Running, provider: Engine, make: Maker
) -> None:
    server.behind("ALTER TABLE workflow.items OWNER TO other", inside=APP)
    live = make(GRANT, **EVERY_TABLE)
    assert access(server, "items") >= {"reader=r/other"}
    provider.update(live, {**live.inputs, "privileges": ["UPDATE"]})
    server.behind("ALTER TABLE workflow.items OWNER TO migrator", inside=APP)
    members = server.behind(
        "SELECT pg_get_userbyid(roleid) FROM pg_auth_members "
        "WHERE member = 'nexusflow_master'::regrole"
    )
    assert {name for (name,) in members} == {"migrator", "rds_superuser"}


def test_fewer_privileges_are_fewer_and_columns_keep_theirs(
    server: Running, provider: Engine, make: Maker
) -> None:
    live = make(GRANT, **grant("table", "SELECT", "UPDATE", objects=["orders"]))
    server.behind("GRANT INSERT (id) ON workflow.orders TO reader", inside=APP)
    wanted = grant("table", "SELECT", objects=["orders"])
    assert provider.diff(live, wanted) == ({"privileges[1]"}, set())
    provider.update(live, wanted)
    assert access(server, "orders") == {"reader=r/migrator"}
    columns = server.behind(
        "SELECT attname FROM pg_attribute "
        "WHERE attrelid = 'workflow.orders'::regclass AND attacl IS NOT NULL",
        inside=APP,
    )
    assert columns == [("id",)]


def test_no_privileges_at_all_are_a_grant_too(
    server: Running, provider: Engine, make: Maker
) -> None:
    server.behind("GRANT SELECT ON workflow.orders TO reader", inside=APP)
    live = make(GRANT, **grant("table", objects=["orders"]))
    assert access(server, "orders") == set()
    server.behind("GRANT SELECT ON workflow.orders TO reader", inside=APP)
    assert provider.drift(live) == {"privileges"}


def test_the_order_of_privileges_and_objects_says_nothing(provider: Engine, make: Maker) -> None:
    live = make(GRANT, **grant("table", "SELECT", "UPDATE", objects=["items", "orders"]))
    turned = grant("table", "UPDATE", "SELECT", objects=["orders", "items"])
    assert provider.diff(live, turned) == (set(), set())
    assert live.id == f"reader_{APP}_workflow_table_items_orders"


def test_all_reads_back_as_all_and_all_in_words_is_another_wish(
    provider: Engine, make: Maker
) -> None:
    live = make(GRANT, **grant("schema", "ALL"))
    assert provider.drift(live) == set()
    assert live.state["privileges"] == ["ALL"]
    assert heads(provider.diff(live, grant("schema", "CREATE", "USAGE"))[0]) == {"privileges"}


def test_a_grant_with_grant_option_says_so_to_the_server(server: Running, make: Maker) -> None:
    make(GRANT, **grant("table", "SELECT", objects=["orders"], withGrantOption=True))
    assert access(server, "orders") == {"reader=r*/migrator"}


def test_a_grant_to_public_reads_back(server: Running, provider: Engine, make: Maker) -> None:
    live = make(GRANT, **{**ORDERS, "role": "public"})
    assert access(server, "orders") == {"=r/migrator"}
    assert provider.drift(live) == set()


@pytest.mark.parametrize("object_type", ["function", "routine"])
def test_a_function_is_named_with_its_signature(
    server: Running, make: Maker, object_type: str
) -> None:
    make(GRANT, **grant(object_type, "EXECUTE", objects=["twice(text)", "once()"]))
    rows = server.behind(
        "SELECT oid::regprocedure::text FROM pg_proc "
        "WHERE has_function_privilege('reader', oid, 'EXECUTE') AND proacl::text LIKE '%reader%'",
        inside=APP,
    )
    assert {name for (name,) in rows} == {"workflow.twice(text)", "workflow.once()"}


def test_procedures_are_granted_too(provider: Engine, make: Maker) -> None:
    live = make(GRANT, **grant("procedure", "EXECUTE", schema="audit"))
    assert provider.drift(live) == set()


def test_whatever_a_grant_is_on_replaces_it_and_the_old_one_goes_first(
    provider: Engine, make: Maker
) -> None:
    live = make(GRANT, **ORDERS)
    for change in ({"objects": ["items"]}, {"role": "other"}, {"withGrantOption": True}):
        _, replaces = provider.diff(live, {**ORDERS, **change})
        assert heads(replaces) == set(change)
    assert PROVIDER.resource_types[GRANT].deletes_first


@pytest.mark.parametrize(
    ("change", "back"),
    [
        ("ALTER ROLE reader RENAME TO renamed", "ALTER ROLE renamed RENAME TO reader"),
        ("ALTER DATABASE nexus RENAME TO moved", "ALTER DATABASE moved RENAME TO nexus"),
    ],
)
@pytest.mark.parametrize("token", [GRANT, DEFAULTS])
def test_without_its_role_or_database_a_grant_is_gone(
    server: Running,
    provider: Engine,
    make: Maker,
    token: str,
    change: LiteralString,
    back: LiteralString,
) -> None:
    live = make(token, **(defaults("SELECT") if token == DEFAULTS else ORDERS))
    server.behind(change)
    try:
        assert provider.drift(live) is None
    finally:
        server.behind(back)
    assert provider.drift(live) == set()


@pytest.mark.parametrize("token", [GRANT, DEFAULTS])
def test_without_its_schema_a_grant_is_gone(
    server: Running, provider: Engine, make: Maker, token: str
) -> None:
    live = make(token, **(defaults("SELECT") if token == DEFAULTS else ORDERS))
    server.behind("ALTER SCHEMA workflow RENAME TO moved", inside=APP)
    try:
        assert provider.drift(live) is None
    finally:
        server.behind("ALTER SCHEMA moved RENAME TO workflow", inside=APP)


def test_a_grant_on_what_does_not_exist_is_an_error_in_the_servers_words(
    provider: Engine, make: Maker
) -> None:
    with pytest.raises(ProviderError, match=r'relation "workflow\.nothing" does not exist'):
        provider.create(GRANT, grant("table", "SELECT", objects=["nothing"]))


def test_a_grant_on_a_database_of_another_owner_takes_no_effect_as_on_rds(
    server: Running, provider: Engine, make: Maker
) -> None:
    make(DATABASE, name="foreign", owner="other")
    live = provider.create(GRANT, grant("database", "CONNECT", database="foreign"))
    assert live.state["privileges"] == []
    assert provider.drift(live) == {"privileges"}


def test_a_dropped_table_is_missed_until_it_is_back_without_its_grant(
    server: Running, provider: Engine, make: Maker
) -> None:
    create: LiteralString = "SET ROLE migrator; CREATE TABLE workflow.brief ()"
    server.behind(create, inside=APP)
    live = provider.create(GRANT, grant("table", "SELECT", objects=["brief"]))
    server.behind("DROP TABLE workflow.brief", inside=APP)
    assert provider.drift(live) == set()
    server.behind(create, inside=APP)
    seen = provider.read(live)
    assert seen is not None
    assert provider.diff(seen, live.inputs) == ({"privileges"}, set())
    provider.update(seen, live.inputs)
    assert access(server, "brief") == {"reader=r/migrator"}
    server.behind("DROP TABLE workflow.brief", inside=APP)


def test_grants_at_the_same_time_do_not_disturb_each_other(
    server: Running, provider: Engine, make: Maker
) -> None:
    wanted = [
        (GRANT, {**EVERY_TABLE, "role": "reader"}),
        (GRANT, {**EVERY_TABLE, "role": "other"}),
        (GRANT, grant("database", "CONNECT")),
        (GRANT, {**grant("database", "CONNECT"), "role": "other"}),
        (DEFAULTS, defaults("SELECT")),
        (MEMBERSHIP, MEMBER),
    ]
    with ThreadPoolExecutor(len(wanted)) as pool:
        lives = list(pool.map(lambda row: provider.create(*row), wanted))
        assert [provider.drift(live) for live in lives] == [set()] * len(wanted)
        list(pool.map(provider.delete, lives))
