"""Finds PgBouncer, and installs it where possible."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from sandbox.servers.postgres import binaries
from sandbox.servers.postgres.binaries import MissingProgramError

PACKAGE = "pgbouncer"
_POLICY = Path("/usr/sbin/policy-rc.d")
_BESIDE_PATH = ("/usr/sbin", "/usr/local/sbin", "/opt/homebrew/bin")


@dataclass(frozen=True)
class Program:
    path: Path
    release: tuple[int, int]


@cache
def find() -> Program:
    """The program and its release. Searched for once per process."""
    places = os.pathsep.join([os.environ.get("PATH", ""), *_BESIDE_PATH])
    found = shutil.which(PACKAGE, path=places)
    if found is None:
        raise MissingProgramError(
            f"PgBouncer is not installed. Install it with: {install_command()}"
        )
    answer = subprocess.run([found, "--version"], capture_output=True, text=True, check=False)
    version = re.search(r"PgBouncer (\d+)\.(\d+)", answer.stdout)
    if version is None:
        raise MissingProgramError(f"{found} --version prints no PgBouncer version")
    return Program(Path(found), (int(version[1]), int(version[2])))


def install(report: Callable[[str], None]) -> Program:
    """The program; installed first if missing, as root on Debian or Ubuntu."""
    try:
        return find()
    except MissingProgramError:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
    report(f"installing {PACKAGE} (apt-get)")
    binaries.apt_get("update", wanted=PACKAGE, by_hand=install_command())
    with _not_started():
        binaries.apt_get(
            *("install", "-y", "--no-install-recommends", PACKAGE),
            wanted=PACKAGE,
            by_hand=install_command(),
        )
    return find()


def install_command() -> str:
    return binaries.install_command().replace(binaries.PACKAGE, PACKAGE)


@contextmanager
def _not_started() -> Iterator[None]:
    """Debian starts a service as it installs it, unless this program, if there is one, forbids."""
    if _POLICY.exists():
        yield
        return
    _POLICY.write_text("#!/bin/sh\nexit 101\n")
    _POLICY.chmod(0o755)
    try:
        yield
    finally:
        _POLICY.unlink()
