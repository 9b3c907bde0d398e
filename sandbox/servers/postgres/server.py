"""The real PostgreSQL 15 server behind one emulated RDS instance."""

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
from sandbox.polling import wait_until
from sandbox.ports import free_port
from sandbox.servers import processes
from sandbox.servers.account import write_private
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres import binaries, configuration, roles
from sandbox.servers.postgres.files import PostgresRecord, PostgresServerError, ServerFiles
from sandbox.servers.postgres.roles import REPLICATOR, SUPERUSER, MasterUser
from sandbox.servers.postgres.spawn import spawn

__all__ = ["SUPERUSER", "MasterUser", "PostgresRecord", "PostgresServer", "PostgresServerError"]

_REVIVE_SECONDS = 10.0
_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_RELOAD_SECONDS = 10.0
_STREAM_SECONDS = 30.0
_PORT_ATTEMPTS = 10


class PostgresServer:
    """One server process with its files: a primary, or a standby that follows a `source`.

    Created by `create_primary`, `create_standby` or `restore`. Not thread-safe.
    """

    def __init__(
        self, paths: SandboxPaths, identifier: str, source: PostgresServer | None = None
    ) -> None:
        binaries.directory()  # raises before anything is created
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
        """Starts a new server with RDS's roles, the master user and its databases."""
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
        """Starts a read-only standby of a running server."""
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
        """Starts a server from the files that `save` has copied, on its previous port."""
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
        """Copies the files of the server, which must be stopped."""
        processes.copy_files(self.directory, directory)
        return PostgresRecord(self.identifier, self.port, dict(self._parameters), running=False)

    def resume(self) -> None:
        """Restarts the server with the same parameters."""
        self.start(self._parameters)

    def revive(self) -> None:
        """Restarts a dead server. The backends of a killed one take a moment to end, and use its
        shared memory until then."""
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
        """Whether the process ended unexpectedly."""
        return self._process is not None and self._process.poll() is not None

    @property
    def superuser_url(self) -> str:
        """The superuser's URL, over the private socket."""
        host = quote(str(self._files.sockets), safe="")
        return f"postgresql://{SUPERUSER}@/postgres?host={host}&port={self.port}"

    def start(self, parameters: Mapping[str, str]) -> None:
        """Starts the server with these parameters and waits until it answers.

        The port stays the same across restarts. If another program takes a free port before the
        first start, the server gets another one.
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
        """Stops the server with a fast shutdown."""
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
        """Restarts the server, which applies static parameters."""
        self.stop()
        self.start(parameters)

    def reload(self, parameters: Mapping[str, str]) -> None:
        """Applies dynamic parameters to the running server."""
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
        """Whether the standby is streaming from its source."""
        try:
            with self.superuser() as connection:
                return _one(connection, "SELECT status FROM pg_stat_wal_receiver") == "streaming"
        except psycopg.OperationalError:
            return False

    def promote(self) -> None:
        """Promotes a standby."""
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
        """Stops the server and removes its files."""
        self.stop()
        self._files.remove()

    def superuser(self) -> psycopg.Connection:
        """An autocommit connection of the superuser."""
        return roles.connect(self._files.sockets, self.port)

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
        """The primary_conninfo of a standby."""
        if self.source is None:
            return None
        return f"{self.source._files.upstream} user={REPLICATOR} application_name={self.identifier}"

    def _launch(self) -> bool:
        """Starts the process and waits until it accepts a login; False if its port was taken."""
        position = self._files.log.stat().st_size
        process = self._process = spawn(self._paths, self._files.log, self.directory)
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
        if not wait_until(condition, seconds):
            raise self._error(f"{otherwise} within {seconds:.0f} s")

    def _error(self, what: str) -> PostgresServerError:
        return PostgresServerError(f"{self.identifier}: {what}.\n{self.log_tail()}")


def _one(connection: psycopg.Connection, query: LiteralString) -> object:
    row = connection.execute(query).fetchone()
    return row[0] if row else None
