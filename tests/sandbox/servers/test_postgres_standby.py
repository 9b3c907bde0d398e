"""A standby of a real PostgreSQL 15: it follows, takes no writes, and becomes its own server."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres.server import MasterUser, PostgresServer, PostgresServerError

MASTER = MasterUser("nexusflow_master", "Correct-Horse-1")
GROUP = {"max_connections": "50", "work_mem": "65536"}


@pytest.fixture(scope="module")
def primary(paths: SandboxPaths, authority: CertificateAuthority) -> Iterator[PostgresServer]:
    server = PostgresServer.create_primary(
        paths, "primary", authority=authority, parameters=GROUP, master=MASTER
    )
    with server.superuser() as connection:
        connection.execute("CREATE TABLE numbers (n integer)")
    yield server
    server.destroy()


@pytest.fixture(scope="module")
def standby(
    paths: SandboxPaths, authority: CertificateAuthority, primary: PostgresServer
) -> Iterator[PostgresServer]:
    server = follow(paths, authority, primary, "standby")
    yield server
    server.destroy()


def follow(
    paths: SandboxPaths, authority: CertificateAuthority, source: PostgresServer, name: str
) -> PostgresServer:
    return PostgresServer.create_standby(
        paths,
        name,
        source=source,
        authority=authority,
        parameters={"max_connections": "60", "work_mem": "32768"},
    )


def value(server: PostgresServer, query: str) -> Any:
    with server.superuser() as connection:
        row = connection.execute(query.encode()).fetchone()
        return row[0] if row else None


def numbers(server: PostgresServer) -> set[int]:
    return set(value(server, "SELECT array_agg(DISTINCT n) FROM numbers") or [])


def arrives(primary: PostgresServer, standby: PostgresServer, number: int) -> bool:
    """Whether a row written now is seen on the standby before long."""
    with primary.superuser() as connection:
        connection.execute("INSERT INTO numbers VALUES (%s)", (number,))
    deadline = time.monotonic() + 10
    while number not in numbers(standby):
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def test_a_standby_follows_and_takes_no_writes(
    primary: PostgresServer, standby: PostgresServer, paths: SandboxPaths
) -> None:
    assert standby.streams()
    assert arrives(primary, standby, 1)
    assert value(primary, "SELECT application_name FROM pg_stat_replication") == "standby"
    assert value(primary, "SELECT usename FROM pg_stat_replication") == "rdsrepladmin"
    with (
        psycopg.connect(
            host="127.0.0.1",
            port=standby.port,
            user=MASTER.name,
            password=MASTER.password,
            dbname="postgres",
            sslmode="verify-full",
            sslrootcert=str(paths.ca_certificate),
        ) as connection,
        pytest.raises(psycopg.errors.ReadOnlySqlTransaction),
    ):
        connection.execute("CREATE TABLE refused ()")


def test_a_standby_has_its_own_parameters_directory_and_port(
    primary: PostgresServer, standby: PostgresServer
) -> None:
    assert standby.port != primary.port
    assert standby.directory != primary.directory
    assert value(standby, "SHOW max_connections") == "60"
    standby.reload({"max_connections": "60", "work_mem": "4096"})
    assert (value(standby, "SHOW work_mem"), value(primary, "SHOW work_mem")) == ("4MB", "64MB")


def test_a_standby_with_less_than_its_source_has_does_not_start(
    primary: PostgresServer, standby: PostgresServer
) -> None:
    with pytest.raises(PostgresServerError, match="insufficient parameter settings"):
        standby.restart({"max_connections": "40"})
    assert not standby.running
    standby.start({"max_connections": "60"})
    assert arrives(primary, standby, 2)


def test_a_standby_comes_back_after_a_reboot_of_its_source_even_on_another_port(
    primary: PostgresServer, standby: PostgresServer
) -> None:
    primary.restart(GROUP)
    assert arrives(primary, standby, 3)
    old = primary.port
    primary.stop()
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", old or 0))
        thief.listen()
        primary.start(GROUP)
    assert primary.port != old
    assert arrives(primary, standby, 4)


def test_a_standby_catches_up_with_what_happened_while_it_was_stopped(
    primary: PostgresServer, standby: PostgresServer
) -> None:
    standby.stop()
    assert not standby.streams()
    with primary.superuser() as connection:
        connection.execute("INSERT INTO numbers SELECT 1000 FROM generate_series(1, 100000)")
        connection.execute("CHECKPOINT")
    standby.start({"max_connections": "60"})
    assert arrives(primary, standby, 5)
    assert value(standby, "SELECT count(*) FROM numbers WHERE n = 1000") == 100_000


def test_a_standby_of_a_standby_outlives_the_promotion_of_its_source(
    paths: SandboxPaths,
    authority: CertificateAuthority,
    primary: PostgresServer,
    standby: PostgresServer,
) -> None:
    second = follow(paths, authority, standby, "second")
    assert arrives(primary, second, 6)
    standby.promote()
    assert standby.source is None
    assert not value(standby, "SELECT pg_is_in_recovery()")
    assert arrives(standby, second, 7)
    assert 7 not in numbers(primary)
    standby.restart(GROUP)
    assert arrives(standby, second, 8)
    with pytest.raises(PostgresServerError, match="recovery is not in progress"):
        standby.promote()
    second.destroy()


def test_a_copy_of_a_server_that_is_down_fails_and_leaves_nothing(
    paths: SandboxPaths, authority: CertificateAuthority, primary: PostgresServer
) -> None:
    primary.stop()
    before = set(processes.directories(paths))
    with pytest.raises(PostgresServerError, match="pg_basebackup failed"):
        follow(paths, authority, primary, "impossible")
    assert set(processes.directories(paths)) == before
