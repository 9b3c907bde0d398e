"""Applies migrations: each once, in order, atomically, by one process at a time.

A migration and its row in the history share a transaction, so if the process is killed, the
migration is either applied or not started. A migration that starts with `-- no transaction`
consists of a single statement, one that PostgreSQL refuses to run in a transaction (CREATE INDEX
CONCURRENTLY).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

import psycopg
from psycopg import sql

from database import migrations_schema
from database.facts import Connection, query
from database.migration_files import DOWN, UP, Migration, MigrationError, pending, position
from database.quoting import identifier

HISTORY = migrations_schema.TABLE.sql

LOCK_KEY = 0x6E_65_78_75_73  # "nexus"
ADVISORY_LOCK_TIMEOUT_S = 120.0
"""How long to wait for another process that is migrating."""
LOCK_TIMEOUT = "500ms"
"""How long a statement waits for a table lock. It must be short, because all later statements queue
behind the waiting one. The migration is then rolled back and tried again."""
LOCK_RETRIES_S = 60.0
"""How long a migration is tried again until it gets its locks."""
FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 8.0
"""The pauses between attempts, each twice as long as the one before."""

CHECK_CONNECTION = b"SET client_connection_check_interval TO '1s'"
"""Lets the server end the session of a killed process within a second. Otherwise the session would
keep the advisory lock until its current statement completes."""


def applied(connection: Connection) -> Mapping[str, str]:
    """Name -> checksum of the migrations that are applied."""
    row = connection.execute("SELECT to_regclass(%s)", (HISTORY,)).fetchone()
    if row is None or row[0] is None:
        return {}
    history = sql.SQL("SELECT name, checksum FROM {} ORDER BY name").format(_history())
    return dict(connection.execute(history).fetchall())


def migrate(connection: Connection, owner: str, migrations: Sequence[Migration]) -> tuple[str, ...]:
    """Applies the pending migrations as the owner and returns their names.

    The connection must be in autocommit mode.
    """
    with _exclusive(connection):
        _prepare(connection, owner)
        todo = pending(migrations, applied(connection))
        for migration in todo:
            with _named_errors(migration, UP), _own_session_state(connection):
                _apply_with_retries(connection, owner, migration)
    return tuple(migration.name for migration in todo)


def revert(connection: Connection, owner: str, migration: Migration) -> None:
    """Runs the Down section of the newest migration and removes it from the history.

    Only tests call this, to prove that Down reverts Up for those who run it by hand. A deployed
    migration is reverted by a new one, since `pending` requires history and files to match.
    """
    with _exclusive(connection):
        if max(applied(connection), default="", key=position) != migration.name:
            raise MigrationError(f"{migration.name}: only the newest migration can be reverted")
        with _named_errors(migration, DOWN), _transaction(connection, owner):
            connection.execute(migration.down.encode())
            forget = sql.SQL("DELETE FROM {} WHERE name = %s").format(_history())
            connection.execute(forget, (migration.name,))


def _apply_with_retries(connection: Connection, owner: str, migration: Migration) -> None:
    """Repeats a migration that did not get a lock in time. In the pauses, the statements that
    queued behind it go ahead."""
    deadline, pause = time.monotonic() + LOCK_RETRIES_S, FIRST_PAUSE_S
    while True:
        try:
            return _apply(connection, owner, migration)
        except psycopg.errors.LockNotAvailable:
            if time.monotonic() + pause > deadline:
                raise
        time.sleep(pause)
        pause = min(2 * pause, LONGEST_PAUSE_S)


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
    """Drops the invalid index that an interrupted CREATE INDEX CONCURRENTLY leaves behind."""
    for schema, index in connection.execute(query("invalid_indexes")).fetchall():
        if re.search(rf"\b{re.escape(str(index))}\b", migration.up):
            # concurrently: a plain DROP INDEX makes every reader of the table wait behind it
            drop = sql.SQL("DROP INDEX CONCURRENTLY {}").format(sql.Identifier(schema, index))
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
        # migrations use qualified names, so no search_path is needed
        connection.execute(sql.SQL("SET LOCAL ROLE {}").format(sql.Identifier(owner)))
        timeout = sql.SQL("SET LOCAL lock_timeout TO {}").format(sql.Literal(LOCK_TIMEOUT))
        connection.execute(timeout)
        connection.execute("SET LOCAL client_min_messages TO warning")
        yield


@contextmanager
def _exclusive(connection: Connection) -> Iterator[None]:
    """Holds a session-level advisory lock.

    Polls for the lock: a session that waits for it inside a statement holds a snapshot, and CREATE
    INDEX CONCURRENTLY in the session that has the lock would wait for that snapshot.
    """
    connection.execute(CHECK_CONNECTION)
    deadline = time.monotonic() + ADVISORY_LOCK_TIMEOUT_S
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
def _own_session_state(connection: Connection) -> Iterator[None]:
    """Resets what a migration leaves in the session, such as the empty search_path of a dump: each
    one runs as it would alone. DISCARD ALL would release the advisory lock."""
    yield
    for statement in (b"RESET ALL", b"DISCARD TEMP", CHECK_CONNECTION):
        connection.execute(statement)


@contextmanager
def _named_errors(migration: Migration, section: str) -> Iterator[None]:
    """Turns a server's error into one that names the file and the line, with all that it says."""
    try:
        yield
    except psycopg.Error as error:
        diagnosis = error.diag
        parts = [
            diagnosis.message_primary or str(error).partition("\n")[0],
            diagnosis.message_detail and f"detail: {diagnosis.message_detail}",
            diagnosis.message_hint and f"hint: {diagnosis.message_hint}",
            diagnosis.context and f"in: {' '.join(diagnosis.context.split())}",
        ]
        where = f"{migration.name}.sql, {section.removeprefix('-- ')}"
        if diagnosis.statement_position:
            text = migration.up if section == UP else migration.down
            before = text[: int(diagnosis.statement_position) - 1]
            where += f", line {migration.first_lines[section] + before.count(chr(10))}"
        raise MigrationError(f"{where}: {'; '.join(filter(None, parts))}") from None


def _history() -> sql.Identifier:
    return sql.Identifier(*migrations_schema.TABLE.parts)


def _transaction_id(connection: Connection) -> object:
    return _one(connection, "SELECT pg_current_xact_id()::text")


def _one(connection: Connection, text: str, *values: object) -> object:
    row = connection.execute(text.encode(), values or None).fetchone()
    return row[0] if row else None
