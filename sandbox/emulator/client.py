"""Starts, finds and stops the emulator of an environment."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from engine.processes import search
from sandbox.errors import SandboxError
from sandbox.paths import PROJECT_ROOT, SandboxPaths
from sandbox.servers import processes
from sandbox.servers.account import service_account
from sandbox.servers.pgbouncer import binaries as pgbouncer_binary
from sandbox.servers.postgres import binaries
from sandbox.servers.redis import binaries as redis_binary

_START_SECONDS = 60.0
_SAVE_SECONDS = 120.0
_RESUME_SECONDS = 120.0
_started: dict[int, subprocess.Popen[bytes]] = {}
"""Emulators that this process started, which must be reaped when they end."""


class EmulatorError(Exception):
    """The emulator failed; the message says how, after a failed start with the end of its log."""


@dataclass(frozen=True)
class Emulator:
    """A running emulator; `started` is true if the call that returned it has started it."""

    endpoint: str
    pid: int
    started: bool = False


def ensure(
    paths: SandboxPaths,
    report: Callable[[str], None] = lambda _: None,
    snapshot: Path | None = None,
) -> Emulator:
    """The environment's emulator, started if none runs. Leftovers of a dead one are removed first.

    A started emulator is empty, or restored from the snapshot. Missing server programs are
    installed when running as root; slow steps are passed to `report`.
    """
    if emulator := running(paths):
        return emulator
    binaries.install(report)
    pgbouncer_binary.install(report)
    redis_binary.install(report)
    service_account()
    stop(paths)
    paths.directory.mkdir(parents=True, exist_ok=True)
    with paths.emulator_log.open("ab") as log:
        process = subprocess.Popen(
            [
                *(sys.executable, "-m", "sandbox.emulator", str(paths.directory)),
                *([str(snapshot)] if snapshot else []),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            cwd=PROJECT_ROOT,
            env={**_inherited(), **processes.variables(paths, processes.EMULATOR)},
            start_new_session=True,  # it outlives the run that started it
        )
    _started[process.pid] = process
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if (emulator := running(paths)) and _answers(emulator):
            return Emulator(emulator.endpoint, emulator.pid, started=True)
        time.sleep(0.02)
    stop(paths)
    tail = "\n".join(paths.emulator_log.read_text(errors="replace").splitlines()[-15:])
    raise EmulatorError(f"The emulator of {paths.environment} did not start. Its log ends:\n{tail}")


def running(paths: SandboxPaths) -> Emulator | None:
    """The environment's emulator if it runs. Another program may have reused its pid, so the
    process's environment is checked as well."""
    try:
        record = json.loads(paths.emulator_record.read_text())
        process = psutil.Process(record["pid"])
        emulator = Emulator(str(record["endpoint"]), int(record["pid"]))
    except (OSError, ValueError, KeyError, TypeError, psutil.Error):
        return None
    return emulator if processes.belongs(process, paths, processes.EMULATOR) else None


def require_running(paths: SandboxPaths) -> Emulator:
    """The environment's emulator. Raises SandboxError with the command that starts it."""
    emulator = running(paths)
    if emulator is None:
        raise SandboxError(
            f"environment {paths.environment!r} isn't running; "
            f"start it with: nexusdb sandbox up --env {paths.environment}"
        )
    return emulator


def resume(emulator: Emulator) -> list[str]:
    """Makes the emulator restart its dead servers; returns their names.

    Raises EmulatorError when the emulator doesn't answer or a server doesn't start.
    """
    request = urllib.request.Request(f"{emulator.endpoint}/_sandbox/resume", method="POST")  # noqa: S310 - our own http endpoint
    try:
        with urllib.request.urlopen(request, timeout=_RESUME_SECONDS) as answer:  # noqa: S310
            return list(json.load(answer))
    except urllib.error.HTTPError as error:
        reason = error.read().decode(errors="replace")
        raise EmulatorError(f"A dead server could not be restarted: {reason}") from None
    except OSError as error:
        raise EmulatorError(f"The emulator does not answer: {error}") from None


def stop(paths: SandboxPaths) -> None:
    """Ends the emulator and its servers, also killed ones' leftovers, and removes their data."""
    search.end(processes.find(paths, processes.EMULATOR), signal.SIGTERM)
    processes.end_leftovers(paths)
    paths.emulator_record.unlink(missing_ok=True)
    for pid, process in list(_started.items()):
        if process.poll() is not None:
            del _started[pid]


def save(emulator: Emulator, directory: Path) -> None:
    """Makes the emulator write a snapshot into an existing, empty directory."""
    request = urllib.request.Request(  # noqa: S310 - our own http endpoint
        f"{emulator.endpoint}/_sandbox/snapshot",
        data=json.dumps({"directory": str(directory)}).encode(),
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=_SAVE_SECONDS):  # noqa: S310
            return
    except OSError as error:
        raise EmulatorError(f"The emulator did not write the snapshot: {error}") from None


def healthy(emulator: Emulator) -> bool:
    """Whether the emulator answers and none of its servers has ended unexpectedly."""
    health = _health(emulator)
    return health is not None and not health["dead_servers"]


def _answers(emulator: Emulator) -> bool:
    return _health(emulator) is not None


def _health(emulator: Emulator) -> Mapping[str, Any] | None:
    try:
        with urllib.request.urlopen(f"{emulator.endpoint}/_sandbox/health", timeout=2) as answer:  # noqa: S310 - our own http endpoint
            health: Mapping[str, Any] = json.load(answer)
    except (OSError, ValueError):
        return None
    return health


def _inherited() -> dict[str, str]:
    """The caller's environment without AWS settings and Python paths."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("AWS_", "MOTO_", "PG", "PULUMI_"))
    }
