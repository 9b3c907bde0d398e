"""What a killed run leaves behind: orphaned processes and locks that nobody holds any more."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import psutil

from engine.paths import EnvironmentPaths
from engine.processes import search


def end_orphans(variables: Mapping[str, str]) -> int:
    """Ends what a killed run left running and returns how many processes those were.

    `variables` are the environment variables that every process of a run is started with. Only
    the holder of the environment's lock may call this: nobody else's run is alive then.
    """
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    orphans = [process for process in search.find(variables) if process.pid not in ours]
    search.end(orphans, signal.SIGTERM)
    return len(orphans)


def break_dead_locks(paths: EnvironmentPaths) -> int:
    """Removes the state backend's locks whose owner no longer runs; returns how many."""
    dead = [file for file in paths.state.glob(".pulumi/locks/**/*.json") if not owner_lives(file)]
    for file in dead:
        file.unlink(missing_ok=True)
    return len(dead)


def owner_lives(lock: Path) -> bool:
    """Whether the process that took a lock of the state backend still runs."""
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
        owner = psutil.Process(int(content["pid"]))
        taken = datetime.fromisoformat(content["timestamp"]).timestamp()
        # a process that started after the lock was taken was merely given the same pid again
        return owner.status() != psutil.STATUS_ZOMBIE and owner.create_time() <= taken + 1
    except (psutil.NoSuchProcess, ValueError, KeyError, TypeError):
        return False  # unreadable: its writer was killed while writing
