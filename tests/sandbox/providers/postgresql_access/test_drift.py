"""Which changes by hand the postgresql provider sees and reverts, and which it misses."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, LiteralString

import pytest

from sandbox.providers.postgresql.__main__ import PROVIDER
from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine
from tests.sandbox.providers.postgresql_access.inputs import (
    APP,
    EVERY_TABLE,
    MEMBER,
    ORDERS,
    SPARE,
    TRIGRAMS,
    defaults,
    grant,
    heads,
)
from tests.sandbox.providers.postgresql_provider import (
    DEFAULTS,
    EXTENSION,
    GRANT,
    MASTER,
    MEMBERSHIP,
    SCHEMA,
    Maker,
    Running,
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


GONE = None

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
