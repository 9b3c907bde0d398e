"""A real PostgreSQL 15 as an RDS instance's data plane: logins, limits, parameters, life."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres import parameters
from sandbox.servers.postgres.server import MasterUser, PostgresServer, PostgresServerError

MASTER = MasterUser("nexusflow_master", "Correct-Horse-1")
GROUP = {
    "max_connections": "200",
    "work_mem": "65536",
    "shared_preload_libraries": "pg_stat_statements,auto_explain",
    "log_statement": "all",  # the worst case for secrets in the log
}


@pytest.fixture(scope="module")
def server(paths: SandboxPaths, authority: CertificateAuthority) -> Iterator[PostgresServer]:
    server = PostgresServer.create_primary(
        paths, "primary", authority=authority, parameters=GROUP, master=MASTER, database="given"
    )
    yield server
    server.destroy()


def login(server: PostgresServer, paths: SandboxPaths, **changed: Any) -> psycopg.Connection:
    options: dict[str, Any] = {
        "host": "127.0.0.1",
        "port": server.port,
        "user": MASTER.name,
        "password": MASTER.password,
        "dbname": "postgres",
        "sslmode": "verify-full",
        "sslrootcert": str(paths.ca_certificate),
        "autocommit": True,
    }
    return psycopg.connect(**{**options, **changed})


def value(connection: psycopg.Connection, query: str) -> Any:
    row = connection.execute(query.encode()).fetchone()
    return row[0] if row else None


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_the_master_logs_in_over_verified_tls(
    server: PostgresServer, paths: SandboxPaths, host: str
) -> None:
    with login(server, paths, host=host) as connection:
        assert value(connection, "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")
        assert value(connection, "SHOW server_version").startswith("15.")


def test_a_login_without_tls_is_refused(server: PostgresServer, paths: SandboxPaths) -> None:
    with pytest.raises(psycopg.OperationalError, match="no encryption"):
        login(server, paths, sslmode="disable", sslrootcert=None)


def test_a_wrong_password_is_refused(server: PostgresServer, paths: SandboxPaths) -> None:
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        login(server, paths, password="wrong")


@pytest.mark.parametrize("role", ["rdsadmin", "rdsrepladmin"])
def test_rds_own_roles_have_no_way_in_over_tcp(
    server: PostgresServer, paths: SandboxPaths, role: str
) -> None:
    with pytest.raises(psycopg.OperationalError, match="rejects connection"):
        login(server, paths, user=role)


def test_the_socket_admits_the_superuser_only(server: PostgresServer) -> None:
    assert (server.directory.stat().st_mode & 0o777) == 0o700
    with psycopg.connect(server.superuser_url) as connection:
        assert value(connection, "SHOW is_superuser") == "on"
    with pytest.raises(psycopg.OperationalError, match=r"no pg_hba\.conf entry"):
        psycopg.connect(server.superuser_url.replace("rdsadmin@", f"{MASTER.name}@"))


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM pg_authid",
        "CREATE ROLE x SUPERUSER",
        "CREATE ROLE x REPLICATION",
        "CREATE ROLE x BYPASSRLS",
        "ALTER SYSTEM SET work_mem = '1MB'",
        "SET ROLE rdsadmin",
        "ALTER ROLE rdsadmin PASSWORD 'x'",
        "COPY (SELECT 1) TO '/tmp/x'",
    ],
)
def test_the_master_is_refused_what_rds_refuses(
    server: PostgresServer, paths: SandboxPaths, statement: str
) -> None:
    with (
        login(server, paths) as connection,
        pytest.raises(psycopg.errors.InsufficientPrivilege),
    ):
        connection.execute(statement.encode())


def test_the_master_makes_databases_roles_and_uses_its_own(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    with login(server, paths) as connection:
        connection.execute("CREATE ROLE app LOGIN")
        connection.execute("CREATE DATABASE made TEMPLATE template0 ENCODING 'UTF8'")
        connection.execute("DROP DATABASE made")
        connection.execute("DROP ROLE app")
        roles = "SELECT array_agg(rolname::text) FROM pg_roles WHERE rolname LIKE 'rds%'"
        assert sorted(value(connection, roles)) == [
            "rds_password",
            "rds_replication",
            "rds_superuser",
            "rdsadmin",
            "rdsrepladmin",
        ]
    with login(server, paths, dbname="given") as connection:
        connection.execute("CREATE SCHEMA mine")


def test_the_group_is_in_force_and_a_dynamic_change_needs_no_restart(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    with login(server, paths) as connection:
        assert value(connection, "SHOW max_connections") == "200"
        assert value(connection, "SHOW work_mem") == "64MB"
        started = value(connection, "SELECT pg_postmaster_start_time()")
    server.reload({**GROUP, "work_mem": "32768"})
    with login(server, paths) as connection:
        assert value(connection, "SHOW work_mem") == "32MB"
        assert value(connection, "SELECT pg_postmaster_start_time()") == started


def test_a_static_change_comes_with_a_restart_on_the_same_port(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    port = server.port
    server.restart({**GROUP, "max_connections": "150"})
    with login(server, paths) as connection:
        assert value(connection, "SHOW max_connections") == "150"
    assert server.port == port


def test_a_port_taken_meanwhile_is_replaced_by_another(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    old = server.port
    server.stop()
    with socket.socket() as thief:
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.bind(("127.0.0.1", old or 0))
        thief.listen()
        server.start(GROUP)
    assert server.port != old
    login(server, paths).close()


def test_without_forced_tls_a_plain_login_is_admitted(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    server.reload({**GROUP, "rds.force_ssl": "0"})
    login(server, paths, sslmode="disable", sslrootcert=None).close()
    server.reload(GROUP)


def test_a_new_password_replaces_the_old_and_none_is_seen_anywhere(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    new = MasterUser(MASTER.name, "Battery-Staple-2")
    server.set_password(new)
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        login(server, paths)
    login(server, paths, password=new.password).close()
    server.set_password(MASTER)
    with server.superuser() as connection:
        stored = value(
            connection, "SELECT rolpassword FROM pg_authid WHERE rolcreatedb AND rolpassword > ''"
        )
        assert stored.startswith("SCRAM-SHA-256$")
    # The log does have statements (log_statement = all), but none of the superuser's.
    with login(server, paths) as connection:
        connection.execute("SELECT 'canary'")
    log = (server.directory / "server.log").read_text()
    assert "canary" in log
    for secret in (MASTER.password, new.password, stored, "SCRAM-SHA-256"):
        assert secret not in log
    assert MASTER.password not in repr(MASTER)


def test_a_failing_start_tells_the_end_of_the_servers_log(server: PostgresServer) -> None:
    server.stop()
    with pytest.raises(PostgresServerError, match=r"(?s)did not start.*no_such_module"):
        server.start({"shared_preload_libraries": "no_such_module"})
    assert not server.running
    server.start(GROUP)


def test_a_killed_owner_leaves_nothing_after_the_leftovers_are_ended(
    paths: SandboxPaths, authority: CertificateAuthority
) -> None:
    other = SandboxPaths("another", paths.project_root)
    server = PostgresServer.create_primary(
        other, "orphan", authority=authority, parameters={}, master=MASTER
    )
    assert processes.find(other, processes.SERVER)
    assert not processes.find(SandboxPaths("third", paths.project_root), processes.SERVER)
    processes.end_leftovers(other)
    assert not processes.find(other, processes.SERVER)
    assert not server.directory.exists()
    assert not server.running


def test_a_servers_session_is_its_own_so_that_ctrl_c_does_not_reach_it(
    server: PostgresServer, paths: SandboxPaths
) -> None:
    (process,) = processes.find(paths, processes.SERVER)
    assert server.running
    assert os.getsid(process.pid) == process.pid != os.getsid(0)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"work_mem": "4GB"}, "Invalid parameter value: 4GB for: work_mem"),
        ({"work_mem": "1"}, "allowed values are: 64-2147483647"),
        ({"random_page_cost": "cheap"}, "Invalid parameter value: cheap"),
        ({"autovacuum": "on"}, "allowed values are: 0,1"),
        ({"log_statement": "some"}, "Available values: none, ddl, mod, all"),
        ({"search_path": "x y"}, "List syntax is invalid"),
        ({"worl_mem": "64"}, "Could not find parameter with name: worl_mem"),
        ({"fsync": "0"}, "fsync cannot be modified"),
        ({"rds.force_ssl": "yes"}, "allowed values are: 0,1"),
        ({"shared_preload_libraries": "pg_cron"}, "RDS has pg_cron"),
        ({"shared_preload_libraries": "nonsense"}, "allowed values are: auto_explain"),
    ],
)
def test_a_parameter_that_cannot_work_is_refused_with_its_name(
    values: dict[str, str], message: str
) -> None:
    with pytest.raises(parameters.InvalidParameterError, match=message):
        parameters.check(values)


def test_documented_parameters_are_admitted() -> None:
    parameters.check(
        {
            "max_connections": "200",
            "shared_buffers": "524288",
            "effective_cache_size": "1572864",
            "work_mem": "65536",
            "maintenance_work_mem": "1048576",
            "random_page_cost": "1.1",
            "effective_io_concurrency": "200",
            "rds.force_ssl": "1",
            "shared_preload_libraries": "pg_stat_statements,auto_explain",
        }
    )
    assert parameters.find("max_connections").static
    assert not parameters.find("effective_io_concurrency").static


def test_the_certificate_authority_writes_no_private_key(
    paths: SandboxPaths, server: PostgresServer
) -> None:
    assert "PRIVATE" not in paths.ca_certificate.read_text()
    keys = server.directory.glob("*.key")
    assert [k.stat().st_mode & 0o777 for k in keys] == [0o600]
