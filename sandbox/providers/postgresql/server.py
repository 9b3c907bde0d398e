"""The configured postgresql provider: where the server is, and connections to its databases."""

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

# expectedVersion only spares the real provider a question; version is the provider's own.
_KNOWN = {
    *("host", "port", "database", "username", "password", "sslmode", "sslrootcert"),
    *("superuser", "connectTimeout", "maxConnections", "expectedVersion", "version"),
}
_MAX_CONNECTIONS = 20
_CONNECT_SECONDS = 180


class PostgresError(Exception):
    """The server refuses a login or a statement; the message quotes no statement."""


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
        """A connection to a database, or None when the server has none of that name."""
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
    """The database and the name of what lives in a database; an import has the id alone."""
    if "name" in state:
        return state.get("database") or server.database, state["name"]
    database, dot, name = resource_id.partition(".")
    if not dot or not database or not name:
        raise ValueError(f"{resource_id}: to import it, name it as DATABASE.NAME")
    return database, name


def lock(connection: Connection) -> None:
    """Makes this login's changes of roles and access lists wait for each other.

    So grants at the same time all succeed here. The real provider locks less, and sometimes fails
    with "tuple concurrently updated": programs make grants one after another all the same.
    """
    fetch(
        connection,
        "SELECT pg_advisory_lock(oid::bigint) FROM pg_roles WHERE rolname = current_user",
    )


@contextmanager
def acting_as(connection: Connection, server: Server, role: str | None) -> Iterator[None]:
    """Makes the login, which is no superuser, a member of a role for the time being.

    PostgreSQL lets nobody hand over an object to a role, or take one from it, that they are no
    member of. The lock keeps parallel calls from taking each other's membership away; it goes
    with the connection. A superuser takes no members: the statement itself is then refused.
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
        # the rollback of a failed transaction takes the grant back by itself
        if connection.info.transaction_status != TransactionStatus.INERROR:
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(*names))


def _sentence(error: psycopg.Error) -> str:
    """The server's words without its excerpt of the statement, which may hold a password."""
    parts = [error.diag.message_primary, error.diag.message_detail, error.diag.message_hint]
    said = "; ".join(" ".join(part.split()) for part in parts if part)
    return said or " ".join(str(error).split())
