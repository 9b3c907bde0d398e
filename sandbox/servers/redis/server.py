"""The real Redis server behind one node of an emulated ElastiCache replication group."""

from __future__ import annotations

import contextlib
import secrets
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import redis

from sandbox.paths import SandboxPaths
from sandbox.polling import wait_until
from sandbox.ports import free_port
from sandbox.servers import processes
from sandbox.servers.account import own, process_options, service_account, write_private
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.redis import binaries, configuration
from sandbox.servers.redis.configuration import ADMINISTRATOR, DEFAULT, DUMP, NOBODY
from sandbox.servers.redis.parameters import RESERVED_MEMORY
from sandbox.servers.redis.settings import (
    MAJOR,
    AclUser,
    RedisRecord,
    Settings,
    digest,
    parameter_names,
)

__all__ = ["MAJOR", "AclUser", "RedisServer", "RedisServerError", "Settings", "digest"]

_OF_ELASTICACHE = {"maxmemory-policy": "volatile-lru"}
"""ElastiCache's defaults that differ from Redis's."""

_START_SECONDS = 30.0
_STOP_SECONDS = 10.0
_SYNC_SECONDS = 30.0
_PORT_ATTEMPTS = 10


class RedisServerError(Exception):
    """The server failed; the message ends with the end of its log."""


class RedisServer:
    """One server process with its files: a primary, or a replica of a `source`."""

    def __init__(
        self, paths: SandboxPaths, identifier: str, source: RedisServer | None = None
    ) -> None:
        self._program = binaries.executable()  # raises before anything is created
        self.identifier = identifier
        self.source = source
        self.port: int | None = None
        self._password: str = source._password if source else secrets.token_urlsafe(32)
        self._paths = paths
        self._process: subprocess.Popen[bytes] | None = None
        self._defaults: dict[str, str] = {}
        self._settings: Settings | None = None
        self.directory = processes.make_directory(paths, service_account())

    @classmethod
    def create(
        cls,
        paths: SandboxPaths,
        identifier: str,
        *,
        authority: CertificateAuthority,
        settings: Settings,
        source: RedisServer | None = None,
    ) -> RedisServer:
        """Starts an empty server, or a replica of the source, with these settings."""
        server = cls(paths, identifier, source)
        server._bring_up(authority, settings)
        return server

    @classmethod
    def restore(
        cls,
        paths: SandboxPaths,
        record: RedisRecord,
        *,
        authority: CertificateAuthority,
        data: Path | None,
        source: RedisServer | None,
    ) -> RedisServer:
        """Starts a saved server on its previous port, with its data or a copy of the source's."""
        server = cls(paths, record.identifier, source)
        server._password = record.password
        server._bring_up(authority, record.settings, data, record.port)
        if server.port != record.port:
            server.destroy()
            raise server._error(f"port {record.port} is taken")
        return server

    def _bring_up(
        self,
        authority: CertificateAuthority,
        settings: Settings,
        data: Path | None = None,
        port: int | None = None,
    ) -> None:
        try:
            self._prepare(authority)
            if data is not None:
                processes.copy_files(data, self._data)
            self._start(port)
            self.apply(settings)
            if self.source is not None:
                self._await(self.streams, _SYNC_SECONDS, "does not follow its source")
        except BaseException:
            self.destroy()
            raise

    def record(self) -> RedisRecord:
        assert self.port is not None  # noqa: S101 - it has been started
        assert self._settings is not None  # noqa: S101 - settings follow the start
        return RedisRecord(self.identifier, self.port, self._password, self._settings)

    def save_data(self, directory: Path) -> None:
        """Makes the server dump its data into the directory."""
        with self.administrator() as connection:
            connection.save()
        processes.copy_files(self._data, directory)
        (self._data / DUMP).unlink()

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def died(self) -> bool:
        """Whether the process ended unexpectedly."""
        return self._process is not None and self._process.poll() is not None

    def resume(self) -> None:
        """Restarts the server on the same port with the same settings."""
        assert self._settings is not None  # noqa: S101 - settings follow the start
        self._start(self.port)
        self.apply(self._settings)

    def apply(self, settings: Settings) -> None:
        """Applies parameters and users to the running server."""
        self._settings = settings
        with self.administrator() as connection:
            values = {**self._defaults, **settings.parameters}
            values["maxmemory"] = str(settings.memory_bytes)
            values.pop(RESERVED_MEMORY, None)
            try:
                connection.execute_command(
                    "CONFIG", "SET", *(part for row in sorted(values.items()) for part in row)
                )
                self._set_users(connection, settings.users)
            except redis.ResponseError as error:
                raise RedisServerError(f"{self.identifier}: {error}") from None

    def role(self) -> list[Any]:
        """The server's INFO about replication."""
        with self.administrator() as connection:
            return list(connection.execute_command("ROLE"))

    def streams(self) -> bool:
        """Whether the replica is connected to its source."""
        with contextlib.suppress(redis.RedisError):
            role = self.role()
            return role[0] in (b"slave", "slave") and role[3] in (b"connected", "connected")
        return False

    def configured(self, name: str) -> str:
        """The current value of a parameter."""
        with self.administrator() as connection:
            return str(connection.config_get(name)[name])

    def destroy(self) -> None:
        """Stops the server and removes its files, without saving."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        shutil.rmtree(self.directory, ignore_errors=True)

    @contextlib.contextmanager
    def administrator(self) -> Any:
        """A connection over the private socket."""
        with redis.Redis(
            unix_socket_path=str(self.directory / "redis.sock"),
            username=ADMINISTRATOR,
            password=self._password,
            socket_timeout=10,
            decode_responses=True,
        ) as connection:
            yield connection

    def _set_users(self, connection: Any, users: Iterable[AclUser]) -> None:
        wanted = {user.name: user.rules() for user in users}
        wanted.setdefault(DEFAULT, NOBODY.split())
        for name, rules in wanted.items():
            connection.execute_command("ACL", "SETUSER", name, *rules)
        known = set(connection.execute_command("ACL", "USERS"))
        for name in known - wanted.keys() - {ADMINISTRATOR}:
            connection.execute_command("ACL", "DELUSER", name)

    def _prepare(self, authority: CertificateAuthority) -> None:
        self._data.mkdir(mode=0o700)
        own(self._data)
        certificate = authority.issue()
        write_private(self.directory / "server.crt", certificate.certificate)
        write_private(self.directory / "server.key", certificate.private_key)
        write_private(self._log, b"")
        authority.write(self.directory / "ca.crt")

    def _start(self, port: int | None = None) -> None:
        """Starts on a free port; retries on another if a program has taken the port meanwhile."""
        for _ in range(_PORT_ATTEMPTS):
            self.port = port or free_port()
            if self._launch():
                self._remember_defaults()
                return
            port = None
        raise self._error("found no free port")

    def _launch(self) -> bool:
        """Starts the process and waits until it accepts a login; False if its port was taken.

        The configuration is passed on stdin, to keep the password out of files and process lists.
        """
        position = self._log.stat().st_size
        with self._log.open("ab") as log:
            process = self._process = subprocess.Popen(
                [binaries.NAME, "-"],
                executable=self._program,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                start_new_session=True,  # a closing terminal must not end the server
                **process_options(processes.variables(self._paths, processes.SERVER)),
            )
        assert process.stdin is not None  # noqa: S101 - it was asked for
        with process.stdin as stdin:
            stdin.write(self._configuration().encode())
        self._await(
            lambda: process.poll() is not None or self._answers(), _START_SECONDS, "no answer"
        )
        if process.poll() is None:
            return True
        self._process = None
        if b"Address already in use" in self._log.read_bytes()[position:]:
            return False
        raise self._error("Redis did not start")

    def _configuration(self) -> str:
        source = self.source.port if self.source else None
        return configuration.render(self.directory, self.port, self._password, source)

    def _remember_defaults(self) -> None:
        with self.administrator() as connection:
            known = connection.config_get("*")
        self._defaults = {name: known[name] for name in parameter_names()} | _OF_ELASTICACHE

    def _answers(self) -> bool:
        with contextlib.suppress(redis.RedisError), self.administrator() as connection:
            return bool(connection.ping())
        return False

    def _await(self, condition: Callable[[], bool], seconds: float, otherwise: str) -> None:
        if not wait_until(condition, seconds):
            raise self._error(f"{otherwise} within {seconds:.0f} s")

    @property
    def _data(self) -> Path:
        return self.directory / "data"

    @property
    def _log(self) -> Path:
        return self.directory / "server.log"

    def _error(self, what: str) -> RedisServerError:
        tail = ""
        with contextlib.suppress(FileNotFoundError):
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-15:])
        return RedisServerError(f"{self.identifier}: {what}.\n{tail}")
