"""What a killed run leaves behind: processes without a parent, and locks of the dead."""

from __future__ import annotations

import json
import os
import signal
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import psutil

from sandbox.home import MARKER, Home

ROLE = "NEXUSDB_SANDBOX_ROLE"
ENGINE_ROLE = "engine"
"""Only the CLI and what it starts carry this role: never the emulator nor its servers."""
PATIENCE_S = 5.0


def engine_processes(home: Home) -> list[psutil.Process]:
    """The running processes that an engine run of this sandbox has started."""
    ours = _ourselves()
    return [
        process
        for process in psutil.process_iter()
        if process.pid not in ours and _belongs(_environment_of(process), home)
    ]


def end_orphans(home: Home) -> int:
    """Ends what a killed run left running; only for the holder of the environment's lock."""
    orphans = engine_processes(home)
    for number in (signal.SIGTERM, signal.SIGKILL):
        for orphan in orphans:
            with suppress(psutil.NoSuchProcess):
                orphan.send_signal(number)
        _, alive = psutil.wait_procs(orphans, timeout=PATIENCE_S)
        if not alive:
            break
    return len(orphans)


def break_dead_locks(home: Home) -> int:
    """Removes the state backend's locks whose owner is no more."""
    dead = [file for file in home.state.glob(".pulumi/locks/**/*.json") if not _owner_lives(file)]
    for file in dead:
        file.unlink(missing_ok=True)
    return len(dead)


def _owner_lives(lock: Path) -> bool:
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
        owner = psutil.Process(int(content["pid"]))
        taken = datetime.fromisoformat(content["timestamp"]).timestamp()
        # a process born after the lock was taken merely got the owner's number again
        return bool(owner.is_running()) and owner.create_time() <= taken + 1
    except (psutil.NoSuchProcess, ValueError, KeyError, TypeError):
        return False  # unreadable: its writer was killed while writing


def _belongs(environment: dict[str, str], home: Home) -> bool:
    return environment.get(MARKER) == str(home.directory) and environment.get(ROLE) == ENGINE_ROLE


def _environment_of(process: psutil.Process) -> dict[str, str]:
    try:
        return process.environ()
    except (psutil.Error, OSError):
        return {}


def _ourselves() -> set[int]:
    return {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
