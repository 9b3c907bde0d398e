"""Finds the Redis 7 server program, and installs it where possible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

from sandbox.servers.postgres.binaries import MissingProgramError, apt_get

LEAST_MAJOR = 7
PACKAGE = "redis-tools"
"""The Debian package with the program, as redis-check-rdb, which is the same binary. The package
redis-server would only add a service on port 6379."""
NAME = "redis-server"
"""The argv[0] under which the program acts as the server."""


class MissingRedisError(MissingProgramError):
    """Redis 7 is not installed; the message names the command that installs it."""


@cache
def executable() -> Path:
    """The program, to be run under the name NAME. Searched for once per process."""
    found = [(candidate, _major(candidate)) for candidate in _candidates()]
    for candidate, major in found:
        if major >= LEAST_MAJOR:
            return candidate
    others = f" (found: version {', '.join(str(major) for _, major in found)})" if found else ""
    raise MissingRedisError(
        f"Redis {LEAST_MAJOR} is not installed{others}. Install it with: {install_command()}"
    )


def install(report: Callable[[str], None]) -> Path:
    """The program; installed first if missing, as root on Debian or Ubuntu."""
    try:
        return executable()
    except MissingRedisError:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
    report(f"installing {PACKAGE} (apt-get)")
    apt_get("update", wanted=PACKAGE, by_hand=install_command())
    apt_get(
        *("install", "-y", "--no-install-recommends", PACKAGE),
        wanted=PACKAGE,
        by_hand=install_command(),
    )
    return executable()


def install_command() -> str:
    if shutil.which("apt-get"):
        return f"sudo apt-get install {PACKAGE}"
    if shutil.which("dnf"):
        return "sudo dnf install redis"
    if shutil.which("brew"):
        return "brew install redis"
    return f"your system's installer, for the server of Redis {LEAST_MAJOR}"


def _candidates() -> Iterator[Path]:
    for name in (NAME, "redis-check-rdb"):
        if path := shutil.which(name):
            yield Path(path)


def _major(candidate: Path) -> int:
    answer = subprocess.run(
        [NAME, "--version"], executable=candidate, capture_output=True, text=True, check=False
    )
    match = re.search(r"v=(\d+)", answer.stdout)
    return int(match.group(1)) if match else 0
