"""The real PgBouncer behind one emulated ECS service."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import psutil
import psycopg

from sandbox.paths import SandboxPaths
from sandbox.ports import release_port
from sandbox.servers import processes
from sandbox.servers.account import process_options, service_account, write_private
from sandbox.servers.pgbouncer import binaries, configuration

_START_SECONDS = 20.0
_STOP_SECONDS = 10.0


class PgBouncerError(Exception):
    """PgBouncer failed; the message ends with the end of its log."""


@dataclass(frozen=True)
class Task:
    """The settings of a PgBouncer container, from its environment."""

    ini: str
    userlist: str = field(repr=False)
    certificate: str
    private_key: str = field(repr=False)
    user: str
    password: str = field(repr=False)
    database: str
    """User, password and database are those of the health check."""


class PgBouncerServer:
    """One PgBouncer process with its files, on a given port."""

    def __init__(self, paths: SandboxPaths, port: int, address_of: Callable[[str], str]) -> None:
        self.port = port
        self.task: Task | None = None
        self._paths = paths
        self._address_of = address_of
        self._program = binaries.find()
        self._process: subprocess.Popen[bytes] | None = None
        self.directory = processes.make_directory(paths, service_account())

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def died(self) -> bool:
        """Whether the process ended unexpectedly."""
        return self._process is not None and self._process.poll() is not None

    def start(self, task: Task) -> None:
        """Starts with a task's settings and waits until its health check succeeds."""
        files = configuration.FILES
        write = {
            "pgbouncer.ini": configuration.adapted(
                task.ini, self.directory, self.port, self._program.release, self._address_of
            ),
            files["auth_file"]: task.userlist,
            files["client_tls_cert_file"]: task.certificate,
            files["client_tls_key_file"]: task.private_key,
            files["server_tls_ca_file"]: self._paths.ca_certificate.read_text(),
        }
        for name, content in write.items():
            write_private(self.directory / name, content)
        write_private(self._log, b"")
        release_port(self.port)
        with self._log.open("ab") as log:
            process = self._process = subprocess.Popen(
                [self._program.path, self.directory / "pgbouncer.ini"],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **process_options(processes.variables(self._paths, processes.SERVER)),
            )
        try:
            self._await_healthy(task)
            self._require_port(process.pid)
        except PgBouncerError:
            self.stop()
            raise
        self.task = task

    def stop(self) -> None:
        """Stops at once, which ends all sessions, as ECS does after a task's stop timeout."""
        process, self._process = self._process, None
        if process is None or process.poll() is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(_STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def destroy(self) -> None:
        self.stop()
        processes.remove_directory(self.directory)

    @property
    def _log(self) -> Path:
        return self.directory / "server.log"

    def _await_healthy(self, task: Task) -> None:
        deadline = time.monotonic() + _START_SECONDS
        while True:
            if not self.running:
                raise self._error("ended by itself")
            try:
                self._check(task)
            except psycopg.Error as error:
                if time.monotonic() > deadline:
                    raise self._error(f"its health check fails: {_first_line(error)}") from None
                time.sleep(0.05)
            else:
                return

    def _require_port(self, pid: int) -> None:
        """PgBouncer starts even if another program has its port: it listens on its socket alone."""
        listening = {
            connection.laddr.port
            for connection in psutil.Process(pid).net_connections("inet")
            if connection.status == psutil.CONN_LISTEN
        }
        if self.port not in listening:
            raise self._error(f"can't listen on port {self.port}, which another program has")

    def _check(self, task: Task) -> None:
        """Runs the image's health check: a query through the pool, over the socket."""
        with psycopg.connect(
            host=str(self.directory),
            port=self.port,
            user=task.user,
            password=task.password,
            dbname=task.database,
            connect_timeout=5,
        ) as connection:
            connection.execute("SELECT 1")

    def _error(self, what: str) -> PgBouncerError:
        tail = ""
        with contextlib.suppress(OSError):
            tail = "\n".join(self._log.read_text(errors="replace").splitlines()[-8:])
        return PgBouncerError(f"PgBouncer {what}.\n{tail}")


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
