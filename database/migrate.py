"""Applies migrations: each once, in order, whole or not at all, by one process at a time.

A migration runs in one transaction with the row of its history, so that a process killed at any
moment leaves it done or not begun. One that begins with `-- no transaction` holds exactly one
statement that PostgreSQL refuses in a transaction (CREATE INDEX CONCURRENTLY).
"""

from __future__ import annotations

import hashlib
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from database import migrations_schema
from database.facts import Connection, query
from database.quoting import identifier

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"
NAME = re.compile(r"^\d{8}(\d{6})?_[a-z0-9_]+$")
UP, DOWN, NO_TRANSACTION = "-- Up", "-- Down", "-- no transaction"
HISTORY = migrations_schema.TABLE.sql

LOCK_KEY = 0x6E_65_78_75_73  # "nexus"
LOCK_PATIENCE_S = 120.0
LOCK_TIMEOUT = "5s"
"""How long a statement waits for a table: everything after it waits behind it."""


class MigrationError(Exception):
    """Migrations that can't be applied; the message says which and what to do."""


@dataclass(frozen=True)
class Migration:
    """One file."""

    name: str
    up: str
    down: str
    checksum: str
    transactional: bool = True


def load(directory: Path = DIRECTORY) -> tuple[Migration, ...]:
    """The migrations of a directory in the order of their timestamps."""
    found = tuple(parse(file.stem, file.read_text("utf-8")) for file in directory.glob("*.sql"))
    versions = [migration.name.partition("_")[0] for migration in found]
    if twice := {version for version in versions if versions.count(version) > 1}:
        raise MigrationError(f"{directory}: two migrations have the timestamp {min(twice)}")
    return tuple(sorted(found, key=lambda migration: migration.name))


def parse(name: str, text: str) -> Migration:
    if not NAME.match(name):
        raise MigrationError(f"{name}.sql: a migration is named YYYYMMDD[hhmmss]_what_it_does.sql")
    lines = text.splitlines()
    try:
        up, down = lines.index(UP), lines.index(DOWN)
    except ValueError:
        raise MigrationError(
            f'{name}.sql: needs a line "{UP}" and after it a line "{DOWN}"'
        ) from None
    if down < up:
        raise MigrationError(f'{name}.sql: "{UP}" comes before "{DOWN}"')
    return Migration(
        name=name,
        up="\n".join(lines[up + 1 : down]).strip() + "\n",
        down="\n".join(lines[down + 1 :]).strip() + "\n",
        checksum=hashlib.sha256("\n".join(lines).encode()).hexdigest(),
        transactional=NO_TRANSACTION not in lines[:up],
    )


def checksums(migrations: Sequence[Migration]) -> Mapping[str, str]:
    return {migration.name: migration.checksum for migration in migrations}


def applied(connection: Connection) -> Mapping[str, str]:
    """Name -> checksum of what the database has had."""
    row = connection.execute("SELECT to_regclass(%s)", (HISTORY,)).fetchone()
    if row is None or row[0] is None:
        return {}
    history = sql.SQL("SELECT name, checksum FROM {} ORDER BY name").format(_history())
    return dict(connection.execute(history).fetchall())


def pending(migrations: Sequence[Migration], done: Mapping[str, str]) -> tuple[Migration, ...]:
    """What is still to be applied; refuses a history that the files don't continue."""
    known = checksums(migrations)
    for name, checksum in done.items():
        if name not in known:
            raise MigrationError(
                f"{name}: the database has had it, but there is no such file; "
                "deploy the code that has it, or a newer one"
            )
        if known[name] != checksum:
            raise MigrationError(
                f"{name}.sql: changed after it was applied; restore the file and write the change "
                "as a new migration"
            )
    newest = max(done, default="")
    missing = tuple(migration for migration in migrations if migration.name not in done)
    for migration in missing:
        if migration.name < newest:
            raise MigrationError(
                f"{migration.name}.sql: older than {newest}, which is applied already; "
                "give the file a newer timestamp"
            )
    return missing


def migrate(connection: Connection, owner: str, migrations: Sequence[Migration]) -> tuple[str, ...]:
    """Applies what is pending as the owner; returns the names. Needs an autocommit connection."""
    with _alone(connection):
        _prepare(connection, owner)
        todo = pending(migrations, applied(connection))
        for migration in todo:
            with _told(migration, "Up"):
                _apply(connection, owner, migration)
    return tuple(migration.name for migration in todo)


def revert(connection: Connection, owner: str, migration: Migration) -> None:
    """Runs the Down section of the newest migration and forgets it.

    No command does: what was deployed is taken back by a new migration, as `pending` holds every
    database to the files. The tests prove by it that a Down is one, for whoever runs it by hand.
    """
    with _alone(connection):
        if max(applied(connection), default="") != migration.name:
            raise MigrationError(f"{migration.name}: only the newest migration can be reverted")
        with _told(migration, "Down"), _transaction(connection, owner):
            connection.execute(migration.down.encode())
            forget = sql.SQL("DELETE FROM {} WHERE name = %s").format(_history())
            connection.execute(forget, (migration.name,))


def _apply(connection: Connection, owner: str, migration: Migration) -> None:
    if migration.transactional:
        with _transaction(connection, owner):
            before = _transaction_id(connection)
            connection.execute(migration.up.encode())
            if _transaction_id(connection) != before:
                raise MigrationError(f"{migration.name}.sql: ended its own transaction")
            _record(connection, migration)
        return
    _drop_invalid_indexes(connection, migration)
    connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
    try:
        connection.execute(migration.up.encode())
        _record(connection, migration)
    finally:
        connection.execute("RESET ROLE")


def _record(connection: Connection, migration: Migration) -> None:
    insert = sql.SQL("INSERT INTO {} (name, checksum) VALUES (%s, %s)").format(_history())
    connection.execute(insert, (migration.name, migration.checksum))


def _drop_invalid_indexes(connection: Connection, migration: Migration) -> None:
    """A concurrent build that was cut off leaves an index that exists and doesn't count."""
    for schema, index in connection.execute(query("invalid_indexes")).fetchall():
        if re.search(rf"\b{re.escape(str(index))}\b", migration.up):
            drop = sql.SQL("DROP INDEX {}").format(sql.Identifier(schema, index))
            connection.execute(drop)


def _prepare(connection: Connection, owner: str) -> None:
    with _transaction(connection, owner):
        connection.execute(
            query("history")
            .replace(b":schema", identifier(migrations_schema.NAME).encode())
            .replace(b":history", HISTORY.encode())
        )


@contextmanager
def _transaction(connection: Connection, owner: str) -> Iterator[None]:
    with connection.transaction():
        # the names of a migration are qualified; nothing is found by a path
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner)))
        timeout = sql.SQL("SET LOCAL lock_timeout TO {}").format(sql.Literal(LOCK_TIMEOUT))
        connection.execute(timeout)
        connection.execute("SET LOCAL client_min_messages TO warning")
        yield


@contextmanager
def _alone(connection: Connection) -> Iterator[None]:
    """Holds the session's advisory lock. It is tried, not waited for: a session that waits inside
    a statement holds a snapshot, on which CREATE INDEX CONCURRENTLY of the holder would wait."""
    # the server ends the session of a killed process, which would keep the lock till its statement
    # ends: it otherwise notices only when it writes to it
    connection.execute("SET client_connection_check_interval TO '1s'")
    deadline = time.monotonic() + LOCK_PATIENCE_S
    while not _one(connection, "SELECT pg_try_advisory_lock(%s)", LOCK_KEY):
        if time.monotonic() > deadline:
            raise MigrationError("another session is migrating this database; try again later")
        time.sleep(0.2)
    try:
        yield
    finally:
        if not connection.broken:
            connection.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))


@contextmanager
def _told(migration: Migration, section: str) -> Iterator[None]:
    try:
        yield
    except psycopg.Error as error:
        said = error.diag.message_primary or str(error).partition("\n")[0]
        raise MigrationError(f"{migration.name}.sql, {section}: {said}") from None


def _history() -> sql.Identifier:
    return sql.Identifier(*migrations_schema.TABLE.parts)


def _transaction_id(connection: Connection) -> object:
    return _one(connection, "SELECT pg_current_xact_id()::text")


def _one(connection: Connection, text: str, *values: object) -> object:
    row = connection.execute(text.encode(), values or None).fetchone()
    return row[0] if row else None
