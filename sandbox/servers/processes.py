"""Which processes and directories belong to a sandbox, and how leftovers of a killed run end."""

from __future__ import annotations

import contextlib
import os
import pwd
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psutil

from sandbox.paths import MARKER, Home

PART = "NEXUSDB_SANDBOX_PART"
"""Second environment variable of the long-lived processes, beside the sandbox's marker."""
EMULATOR = "emulator"
SERVER = "server"

# Not the caller's TMPDIR: a socket's path may have 107 bytes only, and the user that runs the
# server must be able to reach the directory, which a private TMPDIR of root's prevents.
TEMPORARY = Path("/tmp")  # noqa: S108
PREFIX = "nexusdb-"
OWNER_FILE = "sandbox"

_TERM_SECONDS = 15.0
_KILL_SECONDS = 5.0


def variables(home: Home, part: str) -> dict[str, str]:
    """The environment variables by which a process of this sandbox is found again."""
    return {**home.marker(), PART: part}


def belongs(process: psutil.Process, home: Home, part: str) -> bool:
    """Whether the process is this sandbox's. Asks the process itself, so a reused pid is told."""
    try:
        environment = process.environ()
        return (
            environment.get(MARKER) == str(home.directory)
            and environment.get(PART) == part
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, OSError):
        return False


def find(home: Home, part: str) -> list[psutil.Process]:
    """This sandbox's living processes of one part."""
    return [process for process in psutil.process_iter() if belongs(process, home, part)]


def end(processes: list[psutil.Process], first: signal.Signals) -> None:
    """Asks the processes to end, waits, and kills those that don't."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
    _, alive = psutil.wait_procs(processes, timeout=_TERM_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_KILL_SECONDS)


def make_directory(home: Home, owner: pwd.struct_passwd) -> Path:
    """A private directory outside the project, only for the owner, marked as this sandbox's."""
    directory = Path(tempfile.mkdtemp(prefix=PREFIX, dir=TEMPORARY))
    (directory / OWNER_FILE).write_text(str(home.directory))
    os.chown(directory, owner.pw_uid, owner.pw_gid)
    return directory


def directories(home: Home) -> Iterator[Path]:
    """The private directories of this sandbox that exist."""
    for directory in TEMPORARY.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):  # another user's, or removed meanwhile
            if (directory / OWNER_FILE).read_text() == str(home.directory):
                yield directory


def remove_directory(directory: Path) -> None:
    """Removes a server's directory. A file that vanishes meanwhile, the server's own doing while
    it ends, breaks one attempt off and is no fault."""
    while directory.exists():
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(directory)


def end_leftovers(home: Home) -> None:
    """Ends the data-plane servers of this sandbox that nobody manages and removes their data."""
    # SIGQUIT is PostgreSQL's immediate shutdown: the postmaster takes its children along.
    end(find(home, SERVER), signal.SIGQUIT)
    for directory in list(directories(home)):
        remove_directory(directory)
