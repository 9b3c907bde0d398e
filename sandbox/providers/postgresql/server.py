"""The configured postgresql provider: the server's address, and connections to its databases."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from threading import BoundedSemaphore
from typing import LiteralString

import psycopg
from psycopg import sql
from psycopg.pq import TransactionStatus
from psycopg.rows import DictRow, dict_row

from sandbox.providers.wire import Properties

Connection = psycopg.Connection[DictRow]

# expectedVersion only saves the real provider a query; version is the provider's own.
_KNOWN = {
    *("host", "port", "database", "username", "password", "sslmode", "sslrootcert"),
    *("superuser", "connectTimeout", "maxConnections", "expectedVersion", "version"),
}
_MAX_CONNECTIONS = 20
_CONNECT_SECONDS = 180


class PostgresError(Exception):
    """The server refused a login or a statement; the message never quotes the statement."""


@dataclass(frozen=True)
class Server:
    """A server and the login to it. libpq reads PGSSLROOTCERT itself."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    database: str = "postgres"
    sslmode: str = "require"
    sslrootcert: str | None = None
    connect_timeout: int = _CONNECT_SECONDS
    free: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(_MAX_CONNECTIONS))

    @contextmanager
    def connection(
        self, database: str | None = None, *, autocommit: bool = False
    ) -> Iterator[Connection]:
        """A connection to a database of the server: one transaction, unless autocommit."""
        with self.free:
            connection = self._connect(database or self.database, autocommit)
            try:
                with connection:
                    yield connection
            except psycopg.Error as error:
                raise PostgresError(_sentence(error)) from None

    @contextmanager
    def inside(self, database: str) -> Iterator[Connection | None]:
        """A connection to a database, or None if it does not exist."""
        with ExitStack() as stack:
            try:
                connection = stack.enter_context(self.connection(database))
            except PostgresError:
                if self._has(database):
                    raise
                yield None
            else:
                yield connection

    def _has(self, database: str) -> bool:
        with self.connection() as connection:
            return bool(fetch(connection, "SELECT 1 FROM pg_database WHERE datname = %s", database))

    def _connect(self, database: str, autocommit: bool) -> Connection:
        try:
            return psycopg.connect(
                host=self.host,
                port=self.port,
                dbname=database,
                user=self.username,
                password=self.password,
                sslmode=self.sslmode,
                sslrootcert=self.sslrootcert,
                connect_timeout=self.connect_timeout,
                autocommit=autocommit,
                application_name="pulumi-postgresql",
                row_factory=dict_row,
            )
        except psycopg.OperationalError as error:
            raise PostgresError(
                f"cannot log in to database {database} of PostgreSQL at {self.host}:{self.port} "
                f"as {self.username}: {' '.join(str(error).split())}"
            ) from None


def configure(config: Properties) -> Server:
    """The session of a provider's configuration; errors name what is missing or unknown."""
    if unknown := sorted(config.keys() - _KNOWN):
        raise ValueError(
            f"provider configuration {', '.join(unknown)}: not known to the sandbox, "
            f"which knows {', '.join(sorted(_KNOWN))}"
        )
    if missing := [key for key in ("host", "username", "password") if not config.get(key)]:
        raise ValueError(f"provider configuration lacks {', '.join(missing)}")
    if config.get("superuser", True):
        raise ValueError(
            "provider configuration superuser: must be false (it is true unless given): RDS's "
            "master is no superuser, and the provider then fails to read any login's password"
        )
    given = {
        name: config[name] for name in ("database", "sslmode", "sslrootcert") if name in config
    }
    return Server(
        host=config["host"],
        port=int(config.get("port", 5432)),
        username=config["username"],
        password=str(config["password"]),
        connect_timeout=int(config.get("connectTimeout", _CONNECT_SECONDS)),
        free=BoundedSemaphore(int(config.get("maxConnections", _MAX_CONNECTIONS))),
        **given,
    )


def fetch(connection: Connection, query: LiteralString, *values: object) -> DictRow | None:
    """The first row of a query by its columns' names."""
    return connection.execute(query, values).fetchone()


def has_schema(connection: Connection, name: str) -> bool:
    return bool(fetch(connection, "SELECT 1 FROM pg_namespace WHERE nspname = %s", name))


def named_in(server: Server, resource_id: str, state: Properties) -> tuple[str, str]:
    """The database and the name of an object inside a database; an import has only the id."""
    if "name" in state:
        return state.get("database") or server.database, state["name"]
    database, dot, name = resource_id.partition(".")
    if not dot or not database or not name:
        raise ValueError(f"{resource_id}: to import it, name it as DATABASE.NAME")
    return database, name


def identity(database: str, name: str) -> dict[str, str]:
    """What `named_in` reads, for the state of an object inside a database."""
    return {"name": name, "database": database, "id": f"{database}.{name}"}


def lock(connection: Connection) -> None:
    """Serializes this login's changes of roles and access control lists.

    Concurrent grants therefore all succeed. The real provider locks less and sometimes fails with
    "tuple concurrently updated", so programs should still create grants one after another.
    """
    fetch(
        connection,
        "SELECT pg_advisory_lock(oid::bigint) FROM pg_roles WHERE rolname = current_user",
    )


@contextmanager
def acting_as(connection: Connection, server: Server, role: str | None) -> Iterator[None]:
    """Makes the login, which is not a superuser, a temporary member of a role.

    PostgreSQL requires membership in a role to change an object's owner to or from it. The lock,
    which ends with the connection, keeps parallel calls from revoking each other's membership.
    A superuser role accepts no such members: the statement itself then fails.
    """
    if role in (None, server.username):
        yield
        return
    lock(connection)
    row = fetch(
        connection,
        "SELECT rolsuper OR pg_has_role(oid, 'MEMBER') AS granted FROM pg_roles WHERE rolname = %s",
        role,
    )
    if row and row["granted"]:
        yield
        return
    names = sql.Identifier(role or ""), sql.Identifier(server.username)
    connection.execute(sql.SQL("GRANT {} TO {}").format(*names))
    try:
        yield
    finally:
        # the rollback of a failed transaction reverts the grant
        if connection.info.transaction_status != TransactionStatus.INERROR:
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(*names))


def _sentence(error: psycopg.Error) -> str:
    """The server's message without its excerpt of the statement, which may contain a password."""
    parts = [error.diag.message_primary, error.diag.message_detail, error.diag.message_hint]
    said = "; ".join(" ".join(part.split()) for part in parts if part)
    return said or " ".join(str(error).split())
