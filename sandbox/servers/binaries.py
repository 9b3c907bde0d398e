"""Finds the programs of PostgreSQL 15 and installs them where that is possible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

MAJOR = 15
PACKAGE = f"postgresql-{MAJOR}"
PROGRAMS = ("postgres", "initdb", "pg_basebackup")
_NO_CLUSTER = Path("/etc/postgresql-common/createcluster.d/nexusflow.conf")


class MissingPostgresError(Exception):
    """PostgreSQL 15 is not there; the message names the command that brings it."""


@cache
def directory() -> Path:
    """The directory with the programs of PostgreSQL 15; searched once a process."""
    for candidate in _candidates():
        if _version(candidate) == MAJOR:
            return candidate
    others = sorted({v for c in _candidates() if (v := _version(c)) is not None})
    found = f" (found: version {', '.join(map(str, others))})" if others else ""
    raise MissingPostgresError(
        f"PostgreSQL {MAJOR} is not installed{found}. Install it with: {install_command()}"
    )


def install(report: Callable[[str], None]) -> Path:
    """The directory of the programs, after installing them when root on Debian or Ubuntu."""
    try:
        return directory()
    except MissingPostgresError:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
    report(f"installing {PACKAGE} (apt-get)")
    _forbid_default_cluster()
    _apt("update", "-qq")
    _apt("install", "-y", "-qq", "--no-install-recommends", PACKAGE)
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


def _forbid_default_cluster() -> None:
    """Debian makes and starts a cluster of its own on port 5432 unless this file forbids it."""
    if not _NO_CLUSTER.parent.parent.exists():
        _NO_CLUSTER.parent.parent.mkdir(parents=True)
    _NO_CLUSTER.parent.mkdir(exist_ok=True)
    _NO_CLUSTER.write_text("create_main_cluster = false\n")


def _apt(*arguments: str) -> None:
    answer = subprocess.run(
        ["apt-get", *arguments],
        env={**os.environ, "DEBIAN_FRONTEND": "noninteractive"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if answer.returncode != 0:
        tail = "\n".join((answer.stdout + answer.stderr).splitlines()[-10:])
        raise MissingPostgresError(
            f"installing {PACKAGE} failed; this system may only have another version. "
            f"Try by hand: {install_command()}\n{tail}"
        )
