"""A real PostgreSQL 15 server that stands for one RDS instance: its data plane."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote

import psycopg

from sandbox.paths import SandboxPaths
from sandbox.ports import free_port
from sandbox.servers import processes
from sandbox.servers.account import process_options, write_private
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres import binaries, configuration, roles
from sandbox.servers.postgres.files import PostgresRecord, PostgresServerError, ServerFiles
from sandbox.servers.postgres.roles import REPLICATOR, SILENT, SUPERUSER, MasterUser

__all__ = ["SUPERUSER", "MasterUser", "PostgresRecord", "PostgresServer", "PostgresServerError"]

_REVIVE_SECONDS = 10.0
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_RELOAD_SECONDS = 10.0
_STREAM_SECONDS = 30.0
_PORT_ATTEMPTS = 10


class PostgresServer:
    """One server process with its files: a primary, or a standby that follows a `source`.

    Made by `create_primary` and `create_standby`; not shared by threads.
    """

    def __init__(
        self, paths: SandboxPaths, identifier: str, source: PostgresServer | None = None
    ) -> None:
        binaries.directory()  # its error before anything is made
        self.identifier = identifier
        self.source = source
        self.port: int | None = None
        self._paths = paths
        self._files = ServerFiles(paths)
        self._process: subprocess.Popen[bytes] | None = None
        self._parameters: Mapping[str, str] = {}

    @classmethod
    def create_primary(
        cls,
        paths: SandboxPaths,
        identifier: str,
        *,
        authority: CertificateAuthority,
        parameters: Mapping[str, str],
        master: MasterUser,
        database: str | None = None,
    ) -> PostgresServer:
        """A new, empty, running server with RDS's roles, the master user and its databases."""
        server = cls(paths, identifier)
        with server._removed_on_failure():
            server._files.prepare(authority)
            server._files.initialize()
            server.start(parameters)
            with server.superuser() as connection:
                roles.create(connection, master, database)
        return server

    @classmethod
    def create_standby(
        cls,
        paths: SandboxPaths,
        identifier: str,
        *,
        source: PostgresServer,
        authority: CertificateAuthority,
        parameters: Mapping[str, str],
    ) -> PostgresServer:
        """A running copy of a running server, which follows it and takes no writes."""
        server = cls(paths, identifier, source)
        with server._removed_on_failure():
            server._files.prepare(authority)
            server._files.copy(source._files)
            server.start(parameters)
            server._await(server.streams, _STREAM_SECONDS, "does not follow its source")
        return server

    @classmethod
    def restore(
        cls, paths: SandboxPaths, record: PostgresRecord, saved: Path, source: PostgresServer | None
    ) -> PostgresServer:
        """A server with the files that `save` has left, running at the port that it had."""
        server = cls(paths, record.identifier, source)
        with server._removed_on_failure():
            server._files.adopt(saved)
            server.port = record.port
            server._parameters = record.parameters
            if record.running:
                server.start(record.parameters)
            if server.port != record.port:
                raise server._error(f"port {record.port} is taken")
        return server

    def save(self, directory: Path) -> PostgresRecord:
        """Copies the files of the server, which must not run meanwhile."""
        processes.copy_files(self.directory, directory)
        return PostgresRecord(self.identifier, self.port, dict(self._parameters), running=False)

    def resume(self) -> None:
        """Starts again, with the parameters of before."""
        self.start(self._parameters)

    def revive(self) -> None:
        """Starts a server that died. The backends of a killed one take a moment to notice, and
        until then its shared memory is in use."""
        deadline = time.monotonic() + _REVIVE_SECONDS
        while True:
            try:
                return self.resume()
            except PostgresServerError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    @property
    def directory(self) -> Path:
        return self._files.directory

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def died(self) -> bool:
        """Whether the process ended without being asked to."""
        return self._process is not None and self._process.poll() is not None

    @property
    def superuser_url(self) -> str:
        """The superuser's URL over the private socket, which is its only way in."""
        host = quote(str(self._files.sockets), safe="")
        return f"postgresql://{SUPERUSER}@/postgres?host={host}&port={self.port}"

    def start(self, parameters: Mapping[str, str]) -> None:
        """Starts the server with these parameters in force and waits until it answers.

        The port is kept from run to run. Another program may take a free port between the
        choice and the start: the server then says so and gets another one.
        """
        for _ in range(_PORT_ATTEMPTS):
            self.port = self.port or free_port()
            self._files.name_socket(self.port)
            self._configure(parameters)
            if self._launch():
                return
            self.port = None
        raise self._error("found no free port")

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
            self._await(
                lambda: _one(connection, "SELECT pg_conf_load_time()") != before,
                _RELOAD_SECONDS,
                "did not reload its configuration",
            )

    def set_password(self, master: MasterUser) -> None:
        with self.superuser() as connection:
            roles.set_password(connection, master)

    def streams(self) -> bool:
        """Whether the standby receives its source's changes right now."""
        try:
            with self.superuser() as connection:
                return _one(connection, "SELECT status FROM pg_stat_wal_receiver") == "streaming"
        except psycopg.OperationalError:
            return False

    def promote(self) -> None:
        """Makes a server of its own of a standby, with all that it has received."""
        try:
            with self.superuser() as connection:
                promoted = _one(connection, "SELECT pg_promote(wait => true)")
        except psycopg.Error as error:
            raise self._error(f"can't be promoted: {error}") from None
        if not promoted:
            raise self._error("was not promoted in time")
        self.source = None
        self.reload(self._parameters)

    def destroy(self) -> None:
        """Stops the server and removes all it had."""
        self.stop()
        self._files.remove()

    @contextlib.contextmanager
    def superuser(self) -> Iterator[psycopg.Connection]:
        """A connection of the superuser; each statement commits by itself."""
        with psycopg.connect(
            host=str(self._files.sockets),
            port=self.port,
            user=SUPERUSER,
            dbname="postgres",
            options=SILENT,
            connect_timeout=10,
            autocommit=True,
        ) as connection:
            yield connection

    def log_tail(self, lines: int = 15) -> str:
        return self._files.log_tail(lines)

    @contextlib.contextmanager
    def _removed_on_failure(self) -> Iterator[None]:
        try:
            yield
        except BaseException:
            self.destroy()
            raise

    def _configure(self, parameters: Mapping[str, str]) -> None:
        assert self.port is not None  # noqa: S101 - a configuration is for a port
        self._parameters = dict(parameters)
        files = configuration.files(self.directory, self.port, parameters, self._upstream())
        for name, content in files.items():
            write_private(self.directory / name, content)

    def _upstream(self) -> str | None:
        """How a standby reaches its source."""
        if self.source is None:
            return None
        return f"{self.source._files.upstream} user={REPLICATOR} application_name={self.identifier}"

    def _launch(self) -> bool:
        """Starts the process and awaits a login; False when its port was taken meanwhile."""
        position = self._files.log.stat().st_size
        with self._files.log.open("ab") as log:
            process = self._process = subprocess.Popen(
                [
                    binaries.directory() / "postgres",
                    f"--config-file={self.directory / 'postgresql.conf'}",
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,  # Ctrl-C and the end of a terminal are not for the server
                **process_options(processes.variables(self._paths, processes.SERVER)),
            )
        try:
            self._await(
                lambda: process.poll() is not None or self._answers(), _START_SECONDS, "no answer"
            )
        except PostgresServerError:
            self.stop()
            raise
        if process.poll() is None:
            return True
        self._process = None
        if b"could not create any TCP/IP sockets" in self._files.log.read_bytes()[position:]:
            return False
        raise self._error("PostgreSQL did not start")

    def _answers(self) -> bool:
        with contextlib.suppress(psycopg.OperationalError), self.superuser():
            return True
        return False

    def _await(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                raise self._error(f"{otherwise} within {seconds:.0f} s")
            time.sleep(0.02)

    def _error(self, what: str) -> PostgresServerError:
        return PostgresServerError(f"{self.identifier}: {what}.\n{self.log_tail()}")


def _one(connection: psycopg.Connection, query: LiteralString) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
