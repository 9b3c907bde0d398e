"""The configured postgresql provider: where the server is, and connections to its databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from sandbox.plugins.wire import Properties

Connection = psycopg.Connection[tuple[object, ...]]
_KNOWN = {
    *("host", "port", "database", "username", "password", "sslmode", "sslrootcert"),
    *("superuser", "connectTimeout", "maxConnections", "expectedVersion", "scheme", "version"),
    "databaseUsername",
}


@dataclass(frozen=True)
class Server:
    """A server and the login to it. PGSSLROOTCERT is libpq's own business."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    database: str = "postgres"
    sslmode: str = "require"
    sslrootcert: str | None = None
    superuser: bool = True
    connect_timeout: int = 180

    @contextmanager
    def connection(
        self, database: str | None = None, autocommit: bool = False
    ) -> Iterator[Connection]:
        """A connection to a database of the server: one transaction, unless autocommit."""
        options: dict[str, Any] = {"sslrootcert": self.sslrootcert} if self.sslrootcert else {}
        try:
            connection = psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=database or self.database,
                user=self.username,
                password=self.password,
                sslmode=self.sslmode,
                connect_timeout=self.connect_timeout,
                autocommit=autocommit,
                application_name="pulumi-postgresql",
                **options,
            )
        except psycopg.OperationalError as error:
            reason = str(error).strip().splitlines()[-1]
            raise ConnectionError(
                f"PostgreSQL at {self.host}:{self.port} does not let {self.username} in: {reason}"
            ) from None
        with connection:
            yield connection


def configure(config: Properties) -> Server:
    """The session of a provider's configuration; errors name what is missing or unknown."""
    unknown = config.keys() - _KNOWN
    if unknown:
        raise ValueError(
            f"provider configuration {', '.join(sorted(unknown))}: not known to the sandbox"
        )
    missing = [key for key in ("host", "username", "password") if not config.get(key)]
    if missing:
        raise ValueError(f"provider configuration lacks {', '.join(missing)}")
    optional = {
        ours: config[theirs]
        for ours, theirs in {
            "database": "database",
            "sslmode": "sslmode",
            "sslrootcert": "sslrootcert",
        }.items()
        if config.get(theirs)
    }
    return Server(
        host=config["host"],
        port=int(config.get("port", 5432)),
        username=config["username"],
        password=config["password"],
        superuser=bool(config.get("superuser", True)),
        connect_timeout=int(config.get("connectTimeout", 180)),
        **optional,
    )


def has_role(connection: Connection, role: str) -> bool:
    """Whether the login may act as a role."""
    row = connection.execute("SELECT pg_has_role(current_user, %s, 'MEMBER')", (role,)).fetchone()
    return bool(row and row[0])


@contextmanager
def acting_as(connection: Connection, server: Server, role: str | None) -> Iterator[None]:
    """Lets a login that is no superuser give something to a role, as the provider does.

    It makes itself a member for the time being: PostgreSQL lets nobody hand over an object to a
    role that they are no member of.
    """
    if role is None or server.superuser or role == server.username or has_role(connection, role):
        yield
        return
    names = sql.Identifier(role), sql.Identifier(server.username)
    connection.execute(sql.SQL("GRANT {} TO {}").format(*names))
    yield
    connection.execute(sql.SQL("REVOKE {} FROM {}").format(*names))
