"""A real PostgreSQL 15 with RDS's master, in it the stack's database as the code wants it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg
import pytest

from config import load
from config.settings.database import DatabaseSettings
from config.settings.stack import Settings
from database import apply, migrate, migration_files
from database.facts import Connection
from database.plan import Difference
from database.repairs import By
from sandbox.paths import PROJECT_ROOT, SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres.server import MasterUser, PostgresServer

PASSWORD = "Correct-Horse-1"


@dataclass(frozen=True)
class Estate:
    """A server, and logins to its database."""

    server: PostgresServer
    ca_certificate: Path
    database: DatabaseSettings

    def keywords(self, user: str, password: str = PASSWORD, **others: Any) -> dict[str, Any]:
        return {
            "host": "127.0.0.1",
            "port": self.server.port,
            "user": user,
            "password": password,
            "dbname": self.database.name,
            "sslmode": "verify-full",
            "sslrootcert": str(self.ca_certificate),
            "autocommit": True,
            **others,
        }

    def login(self, user: str, **others: Any) -> Connection:
        return psycopg.connect(**self.keywords(user, **others))

    def master(self, **others: Any) -> Connection:
        return self.login(self.database.master.name, **others)

    def as_superuser(self, *statements: str) -> list[tuple[Any, ...]]:
        """What psql would do in the database as a superuser."""
        url = self.server.superuser_url.replace("/postgres?", f"/{self.database.name}?")
        with psycopg.connect(url, autocommit=True) as connection:
            for statement in statements:
                cursor = connection.execute(statement.encode())
            return cursor.fetchall() if cursor.description else []

    def plan(self) -> tuple[Difference, ...]:
        with self.master() as connection:
            return apply.observe(connection, self.database)

    def apply(self) -> apply.Applied:
        with self.master() as connection:
            return apply.apply(connection, self.database)


@pytest.fixture(scope="session")
def settings() -> DatabaseSettings:
    settings = load.read(PROJECT_ROOT / "Pulumi.production.yaml")
    assert isinstance(settings, Settings)
    return settings.database


@pytest.fixture(scope="module")
def estate(
    tmp_path_factory: pytest.TempPathFactory, settings: DatabaseSettings
) -> Iterator[Estate]:
    paths = SandboxPaths("database-test", tmp_path_factory.mktemp("project"))
    paths.directory.mkdir(parents=True)
    authority = CertificateAuthority("test")
    authority.write(paths.ca_certificate)
    server = PostgresServer.create_primary(
        paths,
        "primary",
        authority=authority,
        parameters={"max_connections": "100"},
        master=MasterUser(settings.master.name, PASSWORD),
    )
    try:
        estate = Estate(server, paths.ca_certificate, settings)
        build(estate)
        yield estate
    finally:
        server.destroy()
        processes.end_leftovers(paths)


def build(estate: Estate) -> None:
    """Makes by plain statements what the stack's resources make, and lets the plan do the rest."""
    settings = estate.database
    with estate.master(dbname="postgres") as connection:
        connection.execute(f"CREATE ROLE {settings.owner}".encode())
        connection.execute(f"GRANT {settings.owner} TO {settings.master.name}".encode())
        for role in settings.roles:
            connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD '{PASSWORD}'".encode())
        connection.execute(
            f"CREATE DATABASE {settings.name} OWNER {settings.owner} TEMPLATE template0".encode()
        )
    with estate.master() as connection:
        migrate.migrate(connection, settings.owner, migration_files.load())
        for difference in apply.observe(connection, settings):
            if difference.repair.by is By.STACK:
                connection.execute(difference.repair.text.encode())
        applied = apply.apply(connection, settings)
        assert applied.remaining == (), [str(each) for each in applied.remaining]
