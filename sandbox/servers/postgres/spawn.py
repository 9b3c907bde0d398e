"""Starts the postgres process of one server as the account that may run it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.account import process_options
from sandbox.servers.postgres import binaries


def spawn(paths: SandboxPaths, log: Path, directory: Path) -> subprocess.Popen[bytes]:
    """The process of the server whose postgresql.conf lies in the directory."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [binaries.directory() / "postgres", f"--config-file={directory / 'postgresql.conf'}"],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,  # a closing terminal must not end the server
            **process_options(processes.variables(paths, processes.SERVER)),
        )
