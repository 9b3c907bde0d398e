"""Shared by the postgresql provider's tests: a real server, and the provider as its master user.

The server stands for RDS: the master is no superuser, and it logs every statement, which is the
worst case for secrets.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from sandbox.paths import SandboxPaths
from sandbox.providers.postgresql.__main__ import PROVIDER
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres.server import MasterUser, PostgresServer
from tests.sandbox.providers.engine_client import Engine, Live, engine

MASTER = MasterUser("nexusflow_master", "Correct-Horse-1")

ROLE = "postgresql:index/role:Role"
DATABASE = "postgresql:index/database:Database"
SCHEMA = "postgresql:index/schema:Schema"
EXTENSION = "postgresql:index/extension:Extension"
GRANT = "postgresql:index/grant:Grant"
DEFAULTS = "postgresql:index/defaultPrivileges:DefaultPrivileges"
MEMBERSHIP = "postgresql:index/grantRole:GrantRole"


@dataclass(frozen=True)
class Running:
    """A running server, and the ways in."""

    paths: SandboxPaths
    server: PostgresServer

    def configuration(self, **changed: Any) -> dict[str, Any]:
        """The provider's configuration, as the engine sends it."""
        return {
            "host": "127.0.0.1",
            "port": str(self.server.port),
            "username": MASTER.name,
            "password": MASTER.password,
            "sslmode": "verify-full",
            "sslrootcert": str(self.paths.ca_certificate),
            "superuser": "false",
            "connectTimeout": "10",
            **changed,
        }

    @contextmanager
    def provider(self, **changed: Any) -> Iterator[Engine]:
        with engine(PROVIDER, **self.configuration(**changed)) as speaking:
            yield speaking

    def login(self, user: str, password: str, database: str = "postgres") -> psycopg.Connection:
        return psycopg.connect(
            host="127.0.0.1",
            port=self.server.port,
            user=user,
            password=password,
            dbname=database,
            sslmode="verify-full",
            sslrootcert=str(self.paths.ca_certificate),
            autocommit=True,
        )

    def logs_in(self, user: str, password: str, database: str = "postgres") -> bool:
        try:
            self.login(user, password, database).close()
        except psycopg.OperationalError:
            return False
        return True

    def behind(self, query: LiteralString, inside: str = "postgres", **names: str) -> list[Any]:
        """Runs a statement of the superuser's, behind the engine's back."""
        identifiers = {key: sql.Identifier(name) for key, name in names.items()}
        with psycopg.connect(
            self.server.superuser_url, dbname=inside, autocommit=True
        ) as connection:
            cursor = connection.execute(sql.SQL(query).format(**identifiers))
            return cursor.fetchall() if cursor.description else []


@contextmanager
def running(directory: Path) -> Iterator[Running]:
    paths = SandboxPaths("postgresql-plugin", directory)
    paths.directory.mkdir(parents=True)
    authority = CertificateAuthority("test")
    authority.write(paths.ca_certificate)
    server = PostgresServer.create_primary(
        paths,
        "plugin",
        authority=authority,
        parameters={"max_connections": "50", "log_statement": "all"},
        master=MASTER,
    )
    try:
        yield Running(paths, server)
    finally:
        server.destroy()
        processes.end_leftovers(paths)


class Maker:
    """Makes resources and deletes them at the end, last made first."""

    def __init__(self, provider: Engine) -> None:
        self._provider = provider
        self._made: list[Live] = []

    def __call__(self, token: str, **inputs: Any) -> Live:
        live = self._provider.create(token, inputs)
        self._made.append(live)
        return live

    def end(self) -> None:
        while self._made:
            self._provider.delete(self._made.pop())
