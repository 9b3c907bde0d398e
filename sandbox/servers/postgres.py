"""A real PostgreSQL 15 server that stands for one RDS instance: its data plane."""

from __future__ import annotations

import contextlib
import signal
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg
from psycopg import sql

from sandbox.home import Home
from sandbox.servers import binaries, configuration, processes
from sandbox.servers.account import own, process_options, service_account, write_private
from sandbox.servers.certificates import CertificateAuthority

SUPERUSER = "rdsadmin"
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_RELOAD_SECONDS = 10.0
_PORT_ATTEMPTS = 10

# Statements of the superuser carry password verifiers: they go to no log and no statistics,
# whatever the instance's parameter group says.
_SILENT = " ".join(
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


class PostgresServerError(Exception):
    """A server that doesn't do as asked; the message carries the end of its log."""


@dataclass(frozen=True)
class Master:
    """The master user of an instance, as limited as RDS's."""

    name: str
    password: str = field(repr=False)


class PostgresServer:
    """One server process with its directory. Made by `create_primary`; not shared by threads."""

    def __init__(self, home: Home, identifier: str, directory: Path) -> None:
        self.identifier = identifier
        self.directory = directory
        self.port: int | None = None
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create_primary(
        cls,
        home: Home,
        identifier: str,
        *,
        authority: CertificateAuthority,
        parameters: Mapping[str, str],
        master: Master,
        database: str | None = None,
    ) -> PostgresServer:
        """A new, empty, running server with RDS's roles, the master user and its databases."""
        binaries.directory()  # its error before anything is made
        server = cls(home, identifier, processes.make_directory(home, service_account()))
        try:
            server._initialize(authority)
            server.start(parameters)
            server._create_roles(master, database)
        except BaseException:
            server.destroy()
            raise
        return server

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def superuser_url(self) -> str:
        """The superuser's URL over the private socket, which is its only way in."""
        host = quote(str(self._sockets), safe="")
        return f"postgresql://{SUPERUSER}@/postgres?host={host}&port={self.port}"

    def start(self, parameters: Mapping[str, str]) -> None:
        """Starts the server with these parameters in force and waits until it answers.

        The port is kept from run to run. Another program may take a free port between the
        choice and the start: the server then says so and gets another one.
        """
        for _ in range(_PORT_ATTEMPTS):
            self.port = self.port or _free_port()
            self._configure(parameters)
            if self._launch():
                return
            self.port = None
        raise PostgresServerError(f"{self.identifier}: found no free port.\n{self.log_tail()}")

    def stop(self) -> None:
        """Fast shutdown: sessions end, the data is left consistent."""
        process, self._process = self._process, None
        if process is None:
            return
        for ask, seconds in ((signal.SIGINT, _STOP_SECONDS), (signal.SIGQUIT, 5.0)):
            if process.poll() is None:
                process.send_signal(ask)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(seconds)
                return
        process.kill()
        process.wait()

    def restart(self, parameters: Mapping[str, str]) -> None:
        """A reboot: static parameters come in force."""
        self.stop()
        self.start(parameters)

    def reload(self, parameters: Mapping[str, str]) -> None:
        """Brings changed dynamic parameters in force in the running server."""
        self._configure(parameters)
        with self.superuser() as connection:
            before = _one(connection, "SELECT pg_conf_load_time()")
            connection.execute("SELECT pg_reload_conf()")
            deadline = time.monotonic() + _RELOAD_SECONDS
            while _one(connection, "SELECT pg_conf_load_time()") == before:
                if time.monotonic() > deadline:
                    raise PostgresServerError(
                        f"{self.identifier}: did not reload its configuration.\n{self.log_tail()}"
                    )
                time.sleep(0.01)

    def set_password(self, master: Master) -> None:
        with self.superuser() as connection:
            connection.execute(
                sql.SQL("ALTER ROLE {} PASSWORD {}").format(
                    sql.Identifier(master.name), _verifier(connection, master)
                )
            )

    def destroy(self) -> None:
        """Stops the server and removes all it had."""
        self.stop()
        processes.remove_directory(self.directory)

    @contextlib.contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """A connection of the superuser; each statement commits by itself."""
        with psycopg.connect(
            host=str(self._sockets),
            port=self.port,
            user=SUPERUSER,
            dbname="postgres",
            options=_SILENT,
            connect_timeout=10,
            autocommit=True,
        ) as connection:
            yield connection

    def log_tail(self, lines: int = 15) -> str:
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self._log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _sockets(self) -> Path:
        return self.directory / "socket"

    @property
    def _log(self) -> Path:
        return self.directory / "server.log"

    def _initialize(self, authority: CertificateAuthority) -> None:
        for directory in (self._data, self._sockets):
            directory.mkdir(mode=0o700)
            own(directory)
        certificate = authority.issue()
        write_private(self.directory / "server.crt", certificate.certificate)
        write_private(self.directory / "server.key", certificate.private_key)
        answer = subprocess.run(
            [
                binaries.directory() / "initdb",
                f"--pgdata={self._data}",
                f"--username={SUPERUSER}",
                "--encoding=UTF8",
                f"--locale={configuration.LOCALE}",
                "--auth=scram-sha-256",
                "--auth-local=trust",
                "--no-sync",
                "--no-instructions",
            ],
            capture_output=True,
            text=True,
            **process_options(processes.variables(self._home, processes.SERVER)),
        )
        if answer.returncode != 0:
            raise PostgresServerError(f"{self.identifier}: initdb failed.\n{answer.stderr}")

    def _configure(self, parameters: Mapping[str, str]) -> None:
        assert self.port is not None  # noqa: S101 - a configuration is for a port
        for name, content in configuration.files(self.directory, self.port, parameters).items():
            write_private(self.directory / name, content)

    def _launch(self) -> bool:
        """Starts the process and awaits a login; False when its port was taken meanwhile."""
        if not self._log.exists():
            write_private(self._log, b"")
        position = self._log.stat().st_size
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    binaries.directory() / "postgres",
                    f"--config-file={self.directory / 'postgresql.conf'}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C and the end of a terminal are not for the server
                **process_options(processes.variables(self._home, processes.SERVER)),
            )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self._process.poll() is not None:
                self._process = None
                if b"could not create any TCP/IP sockets" in self._log.read_bytes()[position:]:
                    return False
                raise PostgresServerError(
                    f"{self.identifier}: PostgreSQL did not start.\n{self.log_tail()}"
                )
            with contextlib.suppress(psycopg.OperationalError), self.superuser():
                return True
            time.sleep(0.02)
        self.stop()
        raise PostgresServerError(
            f"{self.identifier}: no answer within {_START_SECONDS:.0f} s.\n{self.log_tail()}"
        )

    def _create_roles(self, master: Master, database: str | None) -> None:
        """Roles and databases as a fresh RDS instance has them (reference/postgres.md 2)."""
        with self.superuser() as connection:
            name = sql.Identifier(master.name)
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


def _verifier(connection: psycopg.Connection, master: Master) -> sql.Literal:
    """The password's SCRAM verifier: the password itself never reaches the server."""
    verifier = connection.pgconn.encrypt_password(
        master.password.encode(), master.name.encode(), b"scram-sha-256"
    )
    return sql.Literal(verifier.decode())


def _one(connection: psycopg.Connection, query: LiteralString) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
