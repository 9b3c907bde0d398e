"""Processes and directories of a sandbox: how they are marked, found and cleaned up."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from engine.processes import search
from sandbox.paths import SandboxPaths

PART = "NEXUSDB_SANDBOX_PART"
"""Environment variable, in addition to the marker, that names a process's part of the sandbox."""
ENGINE = "engine"
"""The Pulumi CLI and everything that it starts."""
EMULATOR = "emulator"
SERVER = "server"

# Not the caller's TMPDIR: a socket's path is limited to 107 bytes, and the service account can't
# enter a private TMPDIR of root.
TEMPORARY = Path("/tmp")  # noqa: S108
PREFIX = "nexusdb-"
OWNER_FILE = "sandbox"


def variables(paths: SandboxPaths, part: str) -> dict[str, str]:
    """The environment variables that identify a process of this sandbox."""
    return {**paths.marker(), PART: part}


def belongs(process: psutil.Process, paths: SandboxPaths, part: str) -> bool:
    """Whether the process is this part of this sandbox."""
    return search.has_variables(process, variables(paths, part))


def find(paths: SandboxPaths, part: str) -> list[psutil.Process]:
    """The living processes of one part of this sandbox."""
    return search.find(variables(paths, part))


def make_directory(paths: SandboxPaths, owner: pwd.struct_passwd) -> Path:
    """A new directory outside the project, readable by its owner only and marked as this
    sandbox's."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=TEMPORARY))
    (directory / OWNER_FILE).write_text(str(paths.directory))
    os.chown(directory, owner.pw_uid, owner.pw_gid)
    return directory


def directories(paths: SandboxPaths) -> Iterator[Path]:
    """The private directories of this sandbox that exist."""
    for directory in TEMPORARY.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # owned by another user, or removed meanwhile
            if (directory / OWNER_FILE).read_text() == str(paths.directory):
                yield directory


def remove_directory(directory: Path) -> None:
    """Removes a server's directory. Retries if a file disappears during the removal, since a server
    that is shutting down deletes files of its own."""
    while directory.exists():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)


def copy_files(source: Path, destination: Path) -> None:
    """Copies a directory's contents, with owners and modes, into an existing directory."""
    subprocess.run(["cp", "-a", f"{source}/.", str(destination)], check=True)


def end_leftovers(paths: SandboxPaths) -> None:
    """Stops the servers of this sandbox that no emulator manages, and removes their data."""
    # SIGQUIT is PostgreSQL's immediate shutdown: the postmaster stops its children as well.
    search.end(find(paths, SERVER), signal.SIGQUIT)
    for directory in list(directories(paths)):
        remove_directory(directory)
