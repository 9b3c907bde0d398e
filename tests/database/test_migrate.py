"""Migrations: once, in order, whole or not at all, and a kill in the middle leaves nothing."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from database import migrate, migration_files
from database.facts import Connection
from database.migration_files import Migration, MigrationError
from sandbox.paths import PROJECT_ROOT
from tests.database.conftest import Estate

SLOW = """-- Up
CREATE TABLE public.half (id int);
SELECT pg_sleep(60);
CREATE TABLE public.whole (id int);

-- Down
DROP TABLE public.whole;
DROP TABLE public.half;
"""
OWNER = "nexusflow_migrator"


@pytest.fixture
def connection(estate: Estate) -> Iterator[Connection]:
    with estate.master() as connection:
        yield connection
    names = [f"'{migration.name}'" for migration in migration_files.load()]
    estate.as_superuser(
        f"DELETE FROM migration.history WHERE name NOT IN ({', '.join(names)})",  # noqa: S608
        "DROP TABLE IF EXISTS public.half, public.whole, public.things",
    )


def of(name: str, up: str, down: str = "SELECT 1;", head: str = "") -> Migration:
    return migration_files.parse(name, f"{head}\n-- Up\n{up}\n\n-- Down\n{down}\n")


def exists(connection: Connection, table: str) -> bool:
    row = connection.execute("SELECT to_regclass(%s)", (table,)).fetchone()
    return row is not None and row[0] is not None


def test_the_files_of_the_repository_are_applied_and_nothing_is_left_to_do(
    connection: Connection,
) -> None:
    files = migration_files.load()
    assert migrate.applied(connection) == migration_files.checksums(files)
    assert migrate.migrate(connection, OWNER, files) == ()


def test_a_migration_is_applied_once_as_the_owner_and_reverted(connection: Connection) -> None:
    things = of(
        "20270101_things", "CREATE TABLE public.things (id int);", "DROP TABLE public.things;"
    )
    files = [*migration_files.load(), things]
    assert migrate.migrate(connection, OWNER, files) == ("20270101_things",)
    assert migrate.migrate(connection, OWNER, files) == ()
    row = connection.execute(
        "SELECT tableowner FROM pg_tables WHERE tablename = 'things'"
    ).fetchone()
    assert row == (OWNER,)
    migrate.revert(connection, OWNER, things)
    assert not exists(connection, "public.things")
    assert migrate.migrate(connection, OWNER, files) == ("20270101_things",)


def test_the_down_sections_of_the_repository_take_back_all_that_their_ups_made(
    connection: Connection,
) -> None:
    files = migration_files.load()
    owned = "SELECT array_agg(relname::text) FROM pg_class WHERE relkind IN ('r', 'p') AND relowner"
    with connection.transaction(force_rollback=True):
        for migration in reversed(files):
            migrate.revert(connection, OWNER, migration)
        left = connection.execute(f"{owned} = %s::regrole", (OWNER,)).fetchone()
        assert left == (["history"],)
        assert migrate.migrate(connection, OWNER, files) == tuple(each.name for each in files)


def test_a_migration_that_fails_leaves_nothing_and_names_its_file(connection: Connection) -> None:
    broken = of("20270101_broken", "CREATE TABLE public.half (id int); SELECT 1/0;")
    with pytest.raises(MigrationError, match=r"20270101_broken\.sql, Up: division by zero"):
        migrate.migrate(connection, OWNER, [*migration_files.load(), broken])
    assert not exists(connection, "public.half")
    assert migrate.applied(connection) == migration_files.checksums(migration_files.load())


def test_a_migration_that_ends_its_own_transaction_is_refused(connection: Connection) -> None:
    cheat = of("20270101_cheat", "CREATE TABLE public.half (id int); COMMIT; BEGIN;")
    with pytest.raises((MigrationError, psycopg.Error)):
        migrate.migrate(connection, OWNER, [*migration_files.load(), cheat])
    assert "20270101_cheat" not in migrate.applied(connection)


def test_an_index_is_built_concurrently_outside_a_transaction_also_after_a_broken_build(
    connection: Connection, estate: Estate
) -> None:
    build = of(
        "20270102_index",
        "CREATE UNIQUE INDEX CONCURRENTLY idx_half ON public.half(id);",
        head=migration_files.NO_TRANSACTION,
    )
    table = of(
        "20270101_half", "CREATE TABLE public.half AS SELECT 1 AS id FROM generate_series(1, 2);"
    )
    files = [*migration_files.load(), table, build]
    with pytest.raises(MigrationError, match=r"20270102_index\.sql, Up: could not create unique"):
        migrate.migrate(connection, OWNER, files)
    connection.execute("DELETE FROM public.half")
    assert migrate.migrate(connection, OWNER, files) == ("20270102_index",)
    valid = "SELECT indisvalid FROM pg_index WHERE indexrelid = 'public.idx_half'::regclass"
    assert connection.execute(valid.encode()).fetchone() == (True,)


@contextmanager
def migrating_beside_a_reader(
    connection: Connection, estate: Estate, files: Sequence[Migration]
) -> Iterator[tuple[threading.Thread, Connection]]:
    """Migrates in a thread while a transaction is open that has read public.half. Yields the thread
    and another session; afterwards the transaction ends, and the newest file has to be applied."""
    applied: list[str] = []
    migrating = threading.Thread(
        target=lambda: applied.extend(migrate.migrate(connection, OWNER, files))
    )
    with estate.master(autocommit=False) as reading, estate.master() as another:
        reading.execute("SELECT count(*) FROM public.half")
        another.execute("SET lock_timeout TO '1s'")
        migrating.start()
        yield migrating, another
        assert migrating.is_alive()
        reading.rollback()
        migrating.join(timeout=30)
    assert applied == [files[-1].name]


def test_a_broken_build_is_repeated_while_a_transaction_reads_and_no_reader_waits(
    connection: Connection, estate: Estate
) -> None:
    table = of(
        "20270101_half", "CREATE TABLE public.half AS SELECT 1 AS id FROM generate_series(1, 2);"
    )
    build = of(
        "20270102_index",
        "CREATE UNIQUE INDEX CONCURRENTLY idx_half ON public.half(id);",
        head=migration_files.NO_TRANSACTION,
    )
    files = [*migration_files.load(), table, build]
    with pytest.raises(MigrationError, match="could not create unique"):
        migrate.migrate(connection, OWNER, files)
    connection.execute("DELETE FROM public.half")
    with migrating_beside_a_reader(connection, estate, files) as (migrating, another):
        waiting = "SELECT FROM pg_locks WHERE NOT granted AND pid = %s"
        pid = (connection.info.backend_pid,)
        deadline = time.monotonic() + 10
        while another.execute(waiting, pid).fetchone() is None:  # for the transaction that reads
            assert migrating.is_alive()
            assert time.monotonic() < deadline
            time.sleep(0.01)
        assert another.execute("SELECT count(*) FROM public.half").fetchone() == (0,)


def test_a_migration_that_waits_for_a_lock_lets_readers_pass_and_is_tried_again(
    connection: Connection, estate: Estate
) -> None:
    table = of("20270101_half", "CREATE TABLE public.half AS SELECT 1 AS id;")
    alter = of("20270102_column", "ALTER TABLE public.half ADD COLUMN name text;")
    migrate.migrate(connection, OWNER, [*migration_files.load(), table])
    files = [*migration_files.load(), table, alter]
    with migrating_beside_a_reader(connection, estate, files) as (_, another):
        until = time.monotonic() + 2  # several attempts
        while time.monotonic() < until:
            assert another.execute("SELECT id FROM public.half").fetchone() == (1,)


def test_what_a_migration_sets_in_the_session_does_not_reach_the_next(
    connection: Connection,
) -> None:
    dump = of("20270101_dump", "SELECT pg_catalog.set_config('search_path', '', false);")
    table = of("20270102_half", "CREATE TABLE half (id int);")  # in the public schema
    migrate.migrate(connection, OWNER, [*migration_files.load(), dump, table])
    assert exists(connection, "public.half")


def test_an_error_names_the_line_and_says_all_that_the_server_says(
    connection: Connection,
) -> None:
    typo = migration_files.parse(
        "20270101_typo",
        "-- Up\n\nCREATE TABLE public.half (id int);\n\nSELECT rolnam\nFROM pg_roles;\n-- Down\n",
    )
    with pytest.raises(MigrationError) as raised:
        migrate.migrate(connection, OWNER, [*migration_files.load(), typo])
    assert str(raised.value) == (
        '20270101_typo.sql, Up, line 5: column "rolnam" does not exist; '
        'hint: Perhaps you meant to reference the column "pg_roles.rolname".'
    )
    taken = of(
        "20270101_taken",
        "CREATE TABLE public.half (id int PRIMARY KEY); INSERT INTO public.half VALUES (1), (1);",
    )
    with pytest.raises(MigrationError, match=r"detail: Key \(id\)=\(1\) already exists\."):
        migrate.migrate(connection, OWNER, [*migration_files.load(), taken])


def test_two_processes_at_once_apply_a_migration_once(
    estate: Estate, connection: Connection
) -> None:
    things = of("20270101_things", "CREATE TABLE public.things (id int); SELECT pg_sleep(0.3);")
    files = [*migration_files.load(), things]
    done: list[tuple[str, ...]] = []

    def work() -> None:
        with estate.master() as own:
            done.append(migrate.migrate(own, OWNER, files))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [(), (), (), ("20270101_things",)]


KILLED = """
import os, sys, psycopg
from pathlib import Path
from database import migrate, migration_files
connection = psycopg.connect(os.environ["URL"], autocommit=True, application_name="killed")
files = [*migration_files.load(), *migration_files.load(Path(sys.argv[1]))]
migrate.migrate(connection, "nexusflow_migrator", files)
"""


@pytest.mark.parametrize("blow", ["SIGKILL of the process", "terminated backend"])
def test_a_kill_in_the_middle_leaves_nothing_and_the_next_run_completes(
    estate: Estate, connection: Connection, tmp_path: Path, blow: str
) -> None:
    (tmp_path / "20270101_slow.sql").write_text(SLOW)
    keywords = estate.keywords("nexusflow_master")
    keywords.pop("autocommit")
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(tmp_path)],
        env={
            **os.environ,
            "PYTHONPATH": str(PROJECT_ROOT),
            "URL": psycopg.conninfo.make_conninfo(**keywords),
        },
        stderr=subprocess.PIPE,
    )
    sleeping = (
        "SELECT pid FROM pg_stat_activity WHERE application_name = 'killed' "
        "AND wait_event = 'PgSleep'"
    )
    deadline = time.monotonic() + 20
    while not (backends := estate.as_superuser(sleeping)):
        assert time.monotonic() < deadline
        time.sleep(0.02)
    if blow == "terminated backend":
        estate.as_superuser(f"SELECT pg_terminate_backend({backends[0][0]})")
    else:
        process.send_signal(signal.SIGKILL)
        process.wait(20)
    _, _ = process.communicate(timeout=20)
    assert process.returncode != 0

    assert not exists(connection, "public.half")
    assert migrate.applied(connection) == migration_files.checksums(migration_files.load())
    (tmp_path / "20270101_slow.sql").write_text(SLOW.replace("pg_sleep(60)", "pg_sleep(0)"))
    files = [*migration_files.load(), *migration_files.load(tmp_path)]
    assert migrate.migrate(connection, OWNER, files) == ("20270101_slow",)
    assert exists(connection, "public.half")
    assert exists(connection, "public.whole")
