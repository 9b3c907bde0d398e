"""A server's files: its directories, its certificate and its data directory."""

from __future__ import annotations

import contextlib
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.account import own, process_options, service_account, write_private
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres import binaries, configuration, template
from sandbox.servers.postgres.roles import REPLICATOR, SUPERUSER

REPLICATION_PORT = 5432
"""The port in the name of the socket that standbys connect to."""


class PostgresServerError(Exception):
    """The server failed; the message ends with the end of its log."""


@dataclass(frozen=True)
class PostgresRecord:
    """What restarting a saved server takes, apart from its files."""

    identifier: str
    port: int | None
    parameters: Mapping[str, str]
    running: bool


class ServerFiles:
    """The private directory of one server."""

    def __init__(self, paths: SandboxPaths) -> None:
        self.directory = processes.make_directory(paths, service_account())
        self._paths = paths

    @property
    def data(self) -> Path:
        return self.directory / "data"

    @property
    def sockets(self) -> Path:
        return self.directory / "socket"

    @property
    def replication(self) -> Path:
        """The socket for standbys, whose name doesn't contain the TCP port."""
        return self.directory / "replication"

    @property
    def upstream(self) -> str:
        """The connection parameters by which standbys reach the server."""
        return f"host={self.replication} port={REPLICATION_PORT}"

    @property
    def log(self) -> Path:
        return self.directory / "server.log"

    def prepare(self, authority: CertificateAuthority) -> None:
        for directory in (self.data, self.sockets, self.replication):
            directory.mkdir(mode=0o700)
            own(directory)
        certificate = authority.issue()
        write_private(self.directory / "server.crt", certificate.certificate)
        write_private(self.directory / "server.key", certificate.private_key)
        write_private(self.log, b"")

    def initialize(self) -> None:
        """Creates an empty cluster."""
        options = (
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            f"--locale={configuration.LOCALE}",
            "--auth=scram-sha-256",
            "--auth-local=trust",
            "--no-sync",
            "--no-instructions",
        )
        template.fill(self.data, options, lambda arguments: self._run("initdb", *arguments))

    def copy(self, source: ServerFiles) -> None:
        """Creates a standby's copy of a running server's cluster."""
        self._run(
            "pg_basebackup",
            f"--pgdata={self.data}",
            f"--host={source.replication}",
            f"--port={REPLICATION_PORT}",
            f"--username={REPLICATOR}",
            "--no-password",
            "--checkpoint=fast",
            "--wal-method=stream",
            "--no-sync",
        )
        write_private(self.data / "standby.signal", b"")

    def adopt(self, saved: Path) -> None:
        """Copies the files of a saved server, which was shut down cleanly."""
        processes.copy_files(saved, self.directory)
        (self.directory / processes.OWNER_FILE).write_text(str(self._paths.directory))

    def name_socket(self, port: int) -> None:
        """TCP's port may change from run to run, and a socket is called after it."""
        name = self.replication / f".s.PGSQL.{REPLICATION_PORT}"
        name.unlink(missing_ok=True)
        name.symlink_to(self.sockets / f".s.PGSQL.{port}")

    def log_tail(self, lines: int) -> str:
        with contextlib.suppress(FileNotFoundError):
            return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:])
        return ""

    def remove(self) -> None:
        shutil.rmtree(self.directory)

    def _run(self, program: str, *arguments: str) -> None:
        answer = subprocess.run(
            [binaries.directory() / program, *arguments],
            capture_output=True,
            text=True,
            **process_options(processes.variables(self._paths, processes.SERVER)),
        )
        if answer.returncode != 0:
            raise PostgresServerError(f"{program} failed.\n{answer.stderr}")
