"""A real server with roles and objects, and the postgresql provider connected to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import LiteralString

import pytest

from tests.sandbox.providers.engine_client import Engine
from tests.sandbox.providers.postgresql_access.inputs import APP
from tests.sandbox.providers.postgresql_provider import (
    DATABASE,
    MASTER,
    MEMBERSHIP,
    ROLE,
    SCHEMA,
    Maker,
    Running,
    running,
)

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
