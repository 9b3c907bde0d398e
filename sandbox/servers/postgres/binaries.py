"""Finds the programs of PostgreSQL 15, and installs them where possible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

MAJOR = 15
PACKAGE = f"postgresql-{MAJOR}"
PROGRAMS = ("postgres", "initdb", "pg_basebackup")
_CREATE_CLUSTER = Path("/etc/postgresql-common/createcluster.conf")


class MissingProgramError(Exception):
    """A program is not installed; the message names the command that installs it."""


class MissingPostgresError(MissingProgramError):
    """PostgreSQL 15 is not installed; the message names the command that installs it."""


@cache
def directory() -> Path:
    """The directory of PostgreSQL 15's programs. Searched for once per process."""
    for candidate in _candidates():
        if _version(candidate) == MAJOR:
            return candidate
    others = sorted({v for c in _candidates() if (v := _version(c)) is not None})
    found = f" (found: version {', '.join(map(str, others))})" if others else ""
    raise MissingPostgresError(
        f"PostgreSQL {MAJOR} is not installed{found}. Install it with: {install_command()}"
    )


def install(report: Callable[[str], None]) -> Path:
    """The directory of the programs; installed first if missing, as root on Debian or Ubuntu."""
    try:
        return directory()
    except MissingPostgresError:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
    report(f"installing {PACKAGE} (apt-get)")
    wanted = {"wanted": PACKAGE, "by_hand": install_command()}
    apt_get("update", **wanted)
    apt_get("install", "-y", "--no-install-recommends", "postgresql-common", **wanted)
    with _no_default_cluster():
        apt_get("install", "-y", "--no-install-recommends", PACKAGE, **wanted)
    return directory()


def install_command() -> str:
    if shutil.which("apt-get"):
        return f"sudo apt-get install {PACKAGE}"
    if shutil.which("dnf"):
        return f"sudo dnf install postgresql{MAJOR}-server postgresql{MAJOR}-contrib"
    if shutil.which("brew"):
        return f"brew install postgresql@{MAJOR}"
    return f"your system's installer, for the server of PostgreSQL {MAJOR}"


def _candidates() -> Iterator[Path]:
    yield Path(f"/usr/lib/postgresql/{MAJOR}/bin")
    yield Path(f"/usr/pgsql-{MAJOR}/bin")
    yield Path(f"/opt/homebrew/opt/postgresql@{MAJOR}/bin")
    if pg_config := shutil.which("pg_config"):
        answer = subprocess.run([pg_config, "--bindir"], capture_output=True, text=True)
        yield Path(answer.stdout.strip())
    if postgres := shutil.which("postgres"):
        yield Path(postgres).resolve().parent


def _version(candidate: Path) -> int | None:
    if not all((candidate / program).exists() for program in PROGRAMS):
        return None
    answer = subprocess.run(
        [candidate / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    match = re.search(r"\) (\d+)", answer.stdout)
    return int(match.group(1)) if match else None


@contextmanager
def _no_default_cluster() -> Iterator[None]:
    """Keeps Debian's package from creating and starting a cluster on port 5432, by a file that its
    installation script reads. The file is restored afterwards."""
    found = _CREATE_CLUSTER.read_text()
    _CREATE_CLUSTER.write_text(found + "\ncreate_main_cluster = false\n")
    try:
        yield
    finally:
        _CREATE_CLUSTER.write_text(found)


def apt_get(*arguments: str, wanted: str, by_hand: str) -> None:
    answer = subprocess.run(
        ["apt-get", "-qq", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        tail = "\n".join((answer.stdout + answer.stderr).splitlines()[-10:])
        raise MissingProgramError(
            f"installing {wanted} failed; this system may only have another version. "
            f"Try by hand: {by_hand}\n{tail}"
        )
