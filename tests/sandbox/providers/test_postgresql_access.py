"""Schemas, extensions, grants, default privileges and memberships on a real server.

The estate is as the programs make it: the owner role owns the database and all in it, and the
master, which is no superuser, is a member of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any, LiteralString

import pytest

from sandbox.providers.postgresql.__main__ import PROVIDER
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import UNKNOWN, Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError
from tests.sandbox.providers.postgresql_provider import (
    DATABASE,
    DEFAULTS,
    EXTENSION,
    GRANT,
    MASTER,
    MEMBERSHIP,
    ROLE,
    SCHEMA,
    Maker,
    Running,
    running,
)

APP = "nexus"

OBJECTS: list[LiteralString] = [
    "SET ROLE migrator",
    "CREATE TABLE workflow.orders (id int, amount int)",
    "CREATE TABLE workflow.items (id int)",
    "CREATE TABLE workflow.events (id int) PARTITION BY RANGE (id)",
    "CREATE VIEW workflow.totals AS SELECT 1 AS total",
    "CREATE SEQUENCE workflow.numbers",
    "CREATE FUNCTION workflow.twice(integer) RETURNS integer LANGUAGE sql RETURN $1 * 2",
    "CREATE FUNCTION workflow.twice(text) RETURNS text LANGUAGE sql RETURN $1 || $1",
    "CREATE FUNCTION workflow.once() RETURNS integer LANGUAGE sql RETURN 1",
    "CREATE PROCEDURE audit.tidy() LANGUAGE sql AS ''",
]
"""The partitioned table and the view are what the real provider does not look at."""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("project")) as server:
        yield server


@pytest.fixture(scope="module")
def provider(server: Running) -> Iterator[Engine]:
    with server.provider() as speaking:
        yield speaking


@pytest.fixture(scope="module")
def _estate(server: Running, provider: Engine) -> None:
    for role in ("migrator", "reader", "other"):
        provider.create(ROLE, {"name": role})
    provider.create(MEMBERSHIP, {"role": MASTER.name, "grantRole": "migrator"})
    provider.create(DATABASE, {"name": APP, "owner": "migrator"})
    for schema in ("workflow", "audit"):
        provider.create(SCHEMA, {"name": schema, "database": APP, "owner": "migrator"})
    with server.login(MASTER.name, MASTER.password, APP) as connection:
        for statement in OBJECTS:
            connection.execute(statement)


@pytest.fixture
def make(_estate: None, server: Running, provider: Engine) -> Iterator[Maker]:
    """Makes resources of one test; afterwards nobody but the owner has any privilege."""
    maker = Maker(provider)
    yield maker
    maker.end()
    server.behind(
        """REVOKE ALL ON ALL TABLES IN SCHEMA workflow FROM reader, other, PUBLIC;
           REVOKE ALL ON ALL SEQUENCES IN SCHEMA workflow FROM reader;
           REVOKE ALL ON ALL ROUTINES IN SCHEMA workflow FROM reader;
           REVOKE ALL (id) ON workflow.orders FROM reader;
           REVOKE ALL ON SCHEMA workflow FROM reader, other;
           REVOKE ALL ON DATABASE nexus FROM reader;
           ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA workflow
               REVOKE ALL ON TABLES FROM reader;
           ALTER DEFAULT PRIVILEGES FOR ROLE other REVOKE ALL ON TABLES FROM reader""",
        inside=APP,
    )


@dataclass(frozen=True)
class Case:
    """A resource, and what is changed behind the engine's back."""

    token: str
    inputs: Properties
    change: LiteralString
    back: LiteralString = ""
    paths: frozenset[str] | None = field(default=frozenset({"privileges"}))

    def __str__(self) -> str:
        return self.change


def grant(object_type: str, *privileges: str, **more: Any) -> Properties:
    return {
        "role": "reader",
        "database": APP,
        "objectType": object_type,
        "privileges": list(privileges),
        **({"schema": "workflow"} if object_type != "database" else {}),
        **more,
    }


def defaults(*privileges: str, **more: Any) -> Properties:
    return {**grant("table", *privileges), "owner": "migrator", **more}


MEMBER = {"role": "reader", "grantRole": "other"}
SPARE = {"name": "spare", "database": APP, "owner": "migrator"}
TRIGRAMS = {"name": "pg_trgm", "database": APP, "schema": "audit", "version": "1.6"}
ORDERS = grant("table", "SELECT", objects=["orders"])
EVERY_TABLE = grant("table", "SELECT")
GONE = None


def heads(paths: set[str]) -> set[str]:
    return {path.partition("[")[0] for path in paths}


SEEN = [
    Case(GRANT, grant("database", "CONNECT"), "REVOKE CONNECT ON DATABASE nexus FROM reader"),
    Case(GRANT, grant("database", "CONNECT"), "GRANT TEMP ON DATABASE nexus TO reader"),
    Case(GRANT, grant("schema", "USAGE"), "REVOKE USAGE ON SCHEMA workflow FROM reader"),
    Case(GRANT, grant("schema", "USAGE"), "GRANT CREATE ON SCHEMA workflow TO reader"),
    Case(GRANT, grant("schema", "ALL"), "REVOKE CREATE ON SCHEMA workflow FROM reader"),
    Case(GRANT, ORDERS, "REVOKE SELECT ON workflow.orders FROM reader"),
    Case(GRANT, ORDERS, "GRANT INSERT, UPDATE ON workflow.orders TO reader"),
    Case(GRANT, EVERY_TABLE, "REVOKE SELECT ON workflow.items FROM reader"),
    Case(
        GRANT,
        EVERY_TABLE,
        "CREATE TABLE workflow.later (); ALTER TABLE workflow.later OWNER TO migrator",
        back="DROP TABLE workflow.later",
    ),
    Case(
        GRANT, grant("sequence", "USAGE"), "REVOKE USAGE ON SEQUENCE workflow.numbers FROM reader"
    ),
    Case(
        GRANT,
        grant("function", "EXECUTE", objects=["once"]),
        "REVOKE EXECUTE ON FUNCTION workflow.once FROM reader",
    ),
    Case(
        DEFAULTS,
        defaults("SELECT"),
        "ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA workflow "
        "GRANT INSERT ON TABLES TO reader",
    ),
    Case(
        DEFAULTS,
        defaults("SELECT"),
        "ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA workflow "
        "REVOKE ALL ON TABLES FROM reader",
        paths=GONE,
    ),
    Case(MEMBERSHIP, MEMBER, "REVOKE other FROM reader", paths=GONE),
    Case(
        MEMBERSHIP,
        MEMBER,
        "GRANT other TO reader WITH ADMIN OPTION",
        paths=frozenset({"withAdminOption"}),
    ),
    Case(SCHEMA, SPARE, "ALTER SCHEMA spare OWNER TO {master}", paths=frozenset({"owner"})),
    Case(
        SCHEMA,
        SPARE,
        "ALTER SCHEMA spare RENAME TO moved",
        back="ALTER SCHEMA moved RENAME TO spare",
        paths=GONE,
    ),
    Case(SCHEMA, SPARE, "DROP SCHEMA spare", paths=GONE),
    Case(EXTENSION, TRIGRAMS, "DROP EXTENSION pg_trgm", paths=GONE),
]

MISSED = [
    Case(
        GRANT,
        grant("table", "SELECT", objects=["totals"]),
        "REVOKE SELECT ON workflow.totals FROM reader",
    ),
    Case(
        GRANT,
        grant("table", "SELECT", objects=["events"]),
        "REVOKE SELECT ON workflow.events FROM reader",
    ),
    Case(GRANT, EVERY_TABLE, "REVOKE SELECT ON workflow.totals, workflow.events FROM reader"),
    Case(GRANT, ORDERS, "GRANT SELECT ON workflow.orders TO reader WITH GRANT OPTION"),
    Case(GRANT, ORDERS, "GRANT UPDATE (id) ON workflow.orders TO reader"),
    Case(GRANT, ORDERS, "GRANT SELECT ON workflow.orders TO PUBLIC"),
    Case(GRANT, ORDERS, "GRANT SELECT ON workflow.items TO reader"),
    Case(
        GRANT,
        grant("function", "EXECUTE", objects=["twice(integer)"]),
        "REVOKE EXECUTE ON FUNCTION workflow.twice(integer) FROM reader",
    ),
    Case(
        GRANT,
        grant("function", "EXECUTE"),
        "REVOKE EXECUTE ON FUNCTION workflow.twice(integer) FROM reader",
    ),
    Case(
        DEFAULTS,
        defaults("SELECT"),
        "ALTER DEFAULT PRIVILEGES FOR ROLE other GRANT ALL ON TABLES TO reader",
    ),
    Case(
        DEFAULTS,
        defaults("SELECT"),
        "ALTER DEFAULT PRIVILEGES FOR ROLE migrator IN SCHEMA workflow "
        "GRANT SELECT ON TABLES TO reader WITH GRANT OPTION",
    ),
    Case(
        SCHEMA,
        {"name": "workflow", "database": APP, "owner": "migrator"},
        "GRANT CREATE ON SCHEMA workflow TO other",
    ),
]


@pytest.mark.parametrize("case", SEEN, ids=str)
def test_what_the_real_provider_sees_is_drift_and_is_taken_back(
    server: Running, provider: Engine, make: Maker, case: Case
) -> None:
    live = make(case.token, **case.inputs)
    assert provider.drift(live) == set()
    server.behind(case.change, inside=APP, master=MASTER.name)
    now = provider.read(live)
    if case.paths is None:
        assert now is None
        if case.back:
            server.behind(case.back, inside=APP)
        else:
            live = provider.create(case.token, case.inputs)  # what the next up does
    else:
        assert now is not None
        paths, replaces = provider.diff(now, live.inputs)
        assert heads(paths) == case.paths
        if replaces:
            provider.delete(now)
            live = provider.create(case.token, case.inputs)
        else:
            live = provider.update(now, live.inputs)
    assert provider.drift(live) == set()
    if case.paths is not None and case.back:
        server.behind(case.back, inside=APP)


@pytest.mark.parametrize("case", MISSED, ids=str)
def test_what_the_real_provider_misses_is_missed(
    server: Running, provider: Engine, make: Maker, case: Case
) -> None:
    if case.token == SCHEMA:
        live = provider.create(case.token, case.inputs)  # not to be dropped: others live in it
    else:
        live = make(case.token, **case.inputs)
    server.behind(case.change, inside=APP)
    assert provider.drift(live) == set()


def test_every_bound_property_has_a_change_that_a_test_makes() -> None:
    for token in (SCHEMA, EXTENSION, GRANT, DEFAULTS, MEMBERSHIP):
        resource_type: ResourceType[Any] = PROVIDER.resource_types[token]
        bound = {name for name, prop in resource_type.properties.items() if prop.bound}
        changed = {path for case in SEEN if case.token == token for path in case.paths or ()}
        # a renamed schema is lost; an extension's two have tests of their own
        assert changed == bound - {"name", "schema", "version"}


# -- grants ------------------------------------------------------------------------------------


def access(server: Running, relation: str) -> set[str]:
    """Who was given what on an object of the schema: entries of its access list."""
    rows = server.behind(
        "SELECT unnest(relacl)::text, relname FROM pg_class "
        "WHERE relnamespace = 'workflow'::regnamespace",
        inside=APP,
    )
    return {entry for entry, name in rows if name == relation} - {"migrator=arwdDxt/migrator"}


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


@pytest.mark.parametrize(
    ("token", "inputs", "name", "fault"),
    [
        (GRANT, grant("table", "select"), "privileges", "in capitals"),
        (GRANT, grant("database", "USAGE"), "privileges", "CREATE, CONNECT, TEMPORARY"),
        (GRANT, grant("column", "SELECT"), "objectType", "database, schema, table"),
        (GRANT, grant("table", "SELECT", schema=None), "schema", "needs it"),
        (GRANT, grant("schema", "USAGE", objects=["x"]), "objects", "takes none"),
        (GRANT, grant("function", "EXECUTE", objects=["f(); --"]), "objects", "and types"),
        (GRANT, grant("table", "SELECT", columns=["id"]), "columns", "does not know"),
        (DEFAULTS, defaults("USAGE"), "privileges", "is none of a table"),
        (DEFAULTS, defaults("USAGE", objectType="schema"), "schema", "leave it out"),
        (DEFAULTS, defaults("SELECT", role="public", withGrantOption=True), "withGrantOption", ""),
        (EXTENSION, {"database": APP}, "name", "requires"),
        (MEMBERSHIP, {"role": "reader"}, "grantRole", "requires"),
    ],
)
def test_what_the_real_provider_would_refuse_is_refused_before_anything_is_made(
    provider: Engine, token: str, inputs: Properties, name: str, fault: str
) -> None:
    _, failures = provider.check(token, inputs)
    assert set(failures) == {name}
    assert fault in failures[name]


@pytest.mark.parametrize("token", [GRANT, DEFAULTS])
def test_what_is_not_known_yet_passes_the_check(provider: Engine, token: str) -> None:
    known = defaults("SELECT") if token == DEFAULTS else ORDERS
    for name in ("role", "database", "schema", "objectType", "privileges"):
        assert provider.check(token, {**known, name: UNKNOWN})[1] == {}
    assert provider.check(token, {**known, "privileges": [UNKNOWN]})[1] == {}


@pytest.mark.parametrize("token", [GRANT, DEFAULTS, MEMBERSHIP])
def test_what_the_real_provider_cannot_import_is_not_imported(provider: Engine, token: str) -> None:
    with pytest.raises(ProviderError, match="cannot be imported"):
        provider.read(Live(token, "reader_nexus", {}, {}))


# -- default privileges and memberships ---------------------------------------------------------


def test_default_privileges_hold_for_what_the_owner_makes_next(
    server: Running, make: Maker
) -> None:
    make(DEFAULTS, **defaults("SELECT", "INSERT"))
    with server.login(MASTER.name, MASTER.password, APP) as connection:
        connection.execute("SET ROLE migrator")
        connection.execute("CREATE TABLE workflow.next ()")
        entries = access(server, "next")
        connection.execute("DROP TABLE workflow.next")
    assert entries == {"reader=ar/migrator"}


@pytest.mark.parametrize(
    ("object_type", "privilege"),
    [
        ("sequence", "USAGE"),
        ("function", "EXECUTE"),
        ("routine", "EXECUTE"),
        ("type", "USAGE"),
        ("schema", "USAGE"),
    ],
)
def test_default_privileges_of_every_type_hold_without_a_schema(
    provider: Engine, make: Maker, object_type: str, privilege: str
) -> None:
    live = make(DEFAULTS, **defaults(privilege, objectType=object_type, schema=None))
    assert live.id == f"reader_{APP}_noschema_migrator_{object_type}"
    assert provider.drift(live) == set()


def test_default_privileges_of_an_owner_the_master_is_no_member_of(
    server: Running, provider: Engine, make: Maker
) -> None:
    live = make(DEFAULTS, **defaults("ALL", owner="other", schema=None))
    assert provider.drift(live) == set()
    assert not server.behind(
        "SELECT 1 FROM pg_auth_members WHERE roleid = 'other'::regrole AND member <> 0"
    )


@pytest.mark.parametrize("token", [DEFAULTS, MEMBERSHIP])
def test_a_replacement_in_the_engines_order_loses_it_as_with_the_real_provider(
    provider: Engine, make: Maker, token: str
) -> None:
    inputs = defaults("SELECT") if token == DEFAULTS else MEMBER
    option = "withGrantOption" if token == DEFAULTS else "withAdminOption"
    old = provider.create(token, inputs)
    assert provider.diff(old, {**inputs, option: True}) == ({option}, {option})
    new = make(token, **{**inputs, option: True})
    provider.delete(old)
    assert provider.drift(new) is None


def test_a_membership_is_told_by_its_id(make: Maker) -> None:
    assert make(MEMBERSHIP, **MEMBER, withAdminOption=True).id == "reader_other_true"


# -- schemas and extensions ---------------------------------------------------------------------


def test_a_schema_of_nothing_but_a_name_is_the_masters_in_the_providers_database(
    provider: Engine, make: Maker
) -> None:
    schema = make(SCHEMA, name="plain")
    assert schema.id == "postgres.plain"
    assert schema.state["owner"] == MASTER.name
    assert provider.drift(schema) == set()


def test_a_schema_that_exists_is_taken_over_with_its_owner(
    server: Running, provider: Engine, make: Maker
) -> None:
    server.behind("CREATE SCHEMA spare AUTHORIZATION {master}", inside=APP, master=MASTER.name)
    schema = make(SCHEMA, **SPARE, ifNotExists=False)
    assert schema.state["owner"] == "migrator"
    assert provider.drift(schema) == set()


def test_a_renamed_schema_is_found_by_its_new_name(provider: Engine, make: Maker) -> None:
    schema = provider.create(SCHEMA, SPARE)
    renamed = provider.update(schema, {**SPARE, "name": "moved"})
    seen = provider.read(renamed)
    assert seen is not None
    assert seen.id == f"{APP}.moved"
    provider.delete(seen)
    assert provider.drift(seen) is None


def test_a_schema_in_another_database_is_another_one(provider: Engine, make: Maker) -> None:
    schema = make(SCHEMA, **SPARE)
    assert provider.diff(schema, {**SPARE, "database": "postgres"})[1] == {"database"}


def test_a_schema_of_an_owner_the_master_is_no_member_of_is_made_but_not_changed(
    provider: Engine, make: Maker
) -> None:
    schema = make(SCHEMA, **{**SPARE, "owner": "other"})
    assert schema.state["owner"] == "other"
    with pytest.raises(ProviderError, match="must be owner of schema spare"):
        provider.update(schema, SPARE)


def test_a_schema_with_something_in_it_is_dropped_only_when_that_is_asked_for(
    server: Running, provider: Engine, make: Maker
) -> None:
    schema = provider.create(SCHEMA, SPARE)
    server.behind("CREATE TABLE spare.thing ()", inside=APP)
    with pytest.raises(ProviderError, match="other objects depend on it"):
        provider.delete(schema)
    cascading = provider.update(schema, {**SPARE, "dropCascade": True})
    provider.delete(cascading)
    assert provider.drift(cascading) is None


def test_a_schema_dropped_by_hand_is_gone_and_its_deletion_is_no_fault(
    server: Running, provider: Engine, make: Maker
) -> None:
    schema = provider.create(SCHEMA, SPARE)
    server.behind("DROP SCHEMA spare", inside=APP)
    assert provider.drift(schema) is None
    provider.delete(schema)


@pytest.mark.parametrize(("token", "inputs"), [(SCHEMA, SPARE), (EXTENSION, TRIGRAMS)])
def test_what_lives_in_a_database_is_adopted_by_database_and_name(
    provider: Engine, make: Maker, token: str, inputs: Properties
) -> None:
    live = make(token, **inputs)
    found = provider.read(Live(token, f"{APP}.{inputs['name']}", {}, {}))
    assert found is not None
    assert provider.diff(found, live.inputs) == (set(), set())
    assert provider.read(Live(token, "no_such.thing", {}, {})) is None
    with pytest.raises(ProviderError, match=r"name it as DATABASE\.NAME"):
        provider.read(Live(token, inputs["name"], {}, {}))


def test_an_extension_is_made_in_its_schema_and_version_and_updated(
    provider: Engine, make: Maker
) -> None:
    extension = make(EXTENSION, **{**TRIGRAMS, "version": "1.5"})
    assert extension.id == f"{APP}.pg_trgm"
    assert provider.drift(extension) == set()
    assert provider.diff(extension, TRIGRAMS) == ({"version"}, set())
    now = provider.update(extension, TRIGRAMS)
    assert (now.state["schema"], now.state["version"]) == ("audit", "1.6")


def test_an_extension_moved_or_updated_by_hand_is_seen_and_a_limited_master_cannot_take_it_back(
    server: Running, provider: Engine, make: Maker
) -> None:
    extension = make(EXTENSION, **{**TRIGRAMS, "version": "1.5"})
    server.behind("ALTER EXTENSION pg_trgm SET SCHEMA workflow", inside=APP)
    server.behind("ALTER EXTENSION pg_trgm UPDATE", inside=APP)
    seen = provider.read(extension)
    assert seen is not None
    assert provider.diff(seen, extension.inputs) == ({"schema", "version"}, set())
    # the functions of a trusted extension are the superuser's, and no script leads back
    with pytest.raises(ProviderError, match="must be owner of function"):
        provider.update(seen, extension.inputs)
    with pytest.raises(ProviderError, match=r'from version "1\.6" to version "1\.5"'):
        provider.update(seen, {**extension.inputs, "schema": "workflow"})


def test_an_extensions_new_version_is_no_drift_where_the_program_names_none(
    server: Running, provider: Engine, make: Maker
) -> None:
    with server.login(MASTER.name, MASTER.password, APP) as connection:
        connection.execute("CREATE EXTENSION pg_trgm SCHEMA audit VERSION '1.5'")
    extension = make(EXTENSION, name="pg_trgm", database=APP)
    server.behind("ALTER EXTENSION pg_trgm UPDATE", inside=APP)
    assert extension.state["version"] == "1.5"
    assert provider.drift(extension) == set()


def test_an_extension_that_only_a_superuser_may_make_is_an_error_that_says_so(
    provider: Engine, make: Maker
) -> None:
    with pytest.raises(ProviderError, match='permission denied to create extension "pageinspect"'):
        provider.create(EXTENSION, {"name": "pageinspect", "database": APP})


def test_an_extension_brings_what_it_needs_and_takes_what_needs_it_when_that_is_asked_for(
    server: Running, provider: Engine, make: Maker
) -> None:
    inputs = {"name": "earthdistance", "database": APP, "schema": "audit"}
    with pytest.raises(ProviderError, match='required extension "cube" is not installed'):
        provider.create(EXTENSION, inputs)
    cube = provider.create(EXTENSION, {"name": "cube", "database": APP, "schema": "audit"})
    server.behind("CREATE TABLE audit.cubes (c audit.cube)", inside=APP)
    with pytest.raises(ProviderError, match="other objects depend on it"):
        provider.delete(cube)
    provider.delete(provider.update(cube, {**cube.inputs, "dropCascade": True}))
    assert provider.drift(cube) is None
    server.behind("DROP TABLE audit.cubes", inside=APP)


# -- the provider -------------------------------------------------------------------------------


def test_names_that_need_quoting_are_only_ever_data(
    server: Running, provider: Engine, make: Maker
) -> None:
    name = "x\"; DROP SCHEMA workflow; --'%s{}"
    make(ROLE, name=name)
    schema = make(SCHEMA, name=name, database=APP, owner="migrator")
    usage = {"role": name, "schema": name}
    lives = [
        schema,
        make(GRANT, **grant("schema", "USAGE", **usage)),
        make(GRANT, **grant("table", "SELECT", **usage)),
        make(DEFAULTS, **defaults("SELECT", **usage)),
        make(MEMBERSHIP, role="reader", grantRole=name),
    ]
    for live in lives:
        assert provider.drift(live) == set()
    assert server.behind("SELECT 1 FROM pg_namespace WHERE nspname = 'workflow'", inside=APP)


@pytest.mark.parametrize(
    ("token", "inputs"),
    [
        (SCHEMA, SPARE),
        (EXTENSION, TRIGRAMS),
        (GRANT, ORDERS),
        (DEFAULTS, defaults("SELECT")),
        (MEMBERSHIP, MEMBER),
    ],
)
def test_a_server_that_does_not_answer_is_an_error_with_its_address_and_not_a_loss(
    server: Running, token: str, inputs: Properties
) -> None:
    with server.provider(port="1") as speaking:
        live = Live(token, "x", inputs, {**inputs, "withGrantOption": False})
        with pytest.raises(ProviderError, match=r"127\.0\.0\.1:1 as nexusflow_master"):
            speaking.read(live)
