"""The roles and databases of a fresh RDS instance."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

SUPERUSER = "rdsadmin"
REPLICATOR = "rdsrepladmin"
"""The role of standbys. Like the superuser, it can only use the private socket."""
SILENT = " ".join(
    f"-c {setting}"
    for setting in (
        "log_statement=none",
        "log_min_duration_statement=-1",
        "log_min_duration_sample=-1",
        "log_min_error_statement=panic",
        "log_duration=off",
        "pg_stat_statements.track=none",
    )
)
"""Connection options for statements with password verifiers. They keep them out of logs and
statistics, regardless of the instance's parameter group."""


@dataclass(frozen=True)
class MasterUser:
    """The name and password of an instance's master user."""

    name: str
    password: str = field(repr=False)


def connect(sockets: Path, port: int | None) -> psycopg.Connection:
    """An autocommit connection of the superuser over the private socket."""
    return psycopg.connect(
        host=str(sockets),
        port=port,
        user=SUPERUSER,
        dbname="postgres",
        options=SILENT,
        connect_timeout=10,
        autocommit=True,
    )


def create(connection: psycopg.Connection, master: MasterUser, database: str | None) -> None:
    name = sql.Identifier(master.name)
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN REPLICATION").format(sql.Identifier(REPLICATOR))
    )
    for role in ("rds_superuser", "rds_password", "rds_replication"):
        connection.execute(sql.SQL("CREATE ROLE {}").format(sql.Identifier(role)))
    connection.execute(
        "GRANT pg_monitor, pg_signal_backend, pg_checkpoint, rds_password,"
        " rds_replication TO rds_superuser WITH ADMIN OPTION"
    )
    connection.execute(
        sql.SQL("CREATE ROLE {} LOGIN CREATEDB CREATEROLE PASSWORD {}").format(
            name, _verifier(connection, master)
        )
    )
    connection.execute(sql.SQL("GRANT rds_superuser TO {}").format(name))
    for existing in ("postgres", "template1"):
        connection.execute(
            sql.SQL("ALTER DATABASE {} OWNER TO {}").format(sql.Identifier(existing), name)
        )
    if database:
        connection.execute(
            sql.SQL("CREATE DATABASE {} OWNER {}").format(sql.Identifier(database), name)
        )


def set_password(connection: psycopg.Connection, master: MasterUser) -> None:
    connection.execute(
        sql.SQL("ALTER ROLE {} PASSWORD {}").format(
            sql.Identifier(master.name), _verifier(connection, master)
        )
    )


def _verifier(connection: psycopg.Connection, master: MasterUser) -> sql.Literal:
    """The password's SCRAM verifier, so that the password itself never reaches the server."""
    verifier = connection.pgconn.encrypt_password(
        master.password.encode(), master.name.encode(), b"scram-sha-256"
    )
    return sql.Literal(verifier.decode())
