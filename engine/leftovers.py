"""What a killed run leaves behind: processes without a parent, and locks of the dead."""

from __future__ import annotations

import json
import os
import signal
from datetime import datetime
from pathlib import Path

import psutil

from sandbox.paths import Home
from sandbox.servers import processes

ENGINE = "engine"
"""The part of a sandbox that the CLI and what it starts are: not the emulator, not its servers."""


def end_orphans(home: Home) -> int:
    """Ends what a killed run left running; only for the holder of the environment's lock."""
    ours = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    orphans = [process for process in processes.find(home, ENGINE) if process.pid not in ours]
    processes.end(orphans, signal.SIGTERM)
    return len(orphans)


def break_dead_locks(home: Home) -> int:
    """Removes the state backend's locks whose owner is no more."""
    dead = [file for file in home.state.glob(".pulumi/locks/**/*.json") if not owner_lives(file)]
    for file in dead:
        file.unlink(missing_ok=True)
    return len(dead)


def owner_lives(lock: Path) -> bool:
    """Whether the process that took a lock of the state backend still runs."""
    try:
        content = json.loads(lock.read_text(encoding="utf-8"))
        owner = psutil.Process(int(content["pid"]))
        taken = datetime.fromisoformat(content["timestamp"]).timestamp()
        # a process born after the lock was taken merely got the owner's number again
        return owner.status() != psutil.STATUS_ZOMBIE and owner.create_time() <= taken + 1
    except (psutil.NoSuchProcess, ValueError, KeyError, TypeError):
        return False  # unreadable: its writer was killed while writing
