"""Finds and ends processes by the environment variables that they were started with."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Mapping

import psutil

_TERM_SECONDS = 15.0
_KILL_SECONDS = 5.0


def has_variables(process: psutil.Process, variables: Mapping[str, str]) -> bool:
    """Whether a living process was started with all these variables. The process itself is asked,
    so a pid that was given to another program since is no match."""
    try:
        environment = process.environ()
        return (
            all(environment.get(name) == value for name, value in variables.items())
            and process.status() != psutil.STATUS_ZOMBIE
        )
    except (psutil.Error, OSError):
        return False


def find(variables: Mapping[str, str]) -> list[psutil.Process]:
    """The living processes that were started with all these variables."""
    return [process for process in psutil.process_iter() if has_variables(process, variables)]


def end(processes: list[psutil.Process], first: signal.Signals) -> None:
    """Sends the processes a first signal, waits, and kills those that are still alive."""
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.send_signal(first)
    _, alive = psutil.wait_procs(processes, timeout=_TERM_SECONDS)
    for process in alive:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(alive, timeout=_KILL_SECONDS)
