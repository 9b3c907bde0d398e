"""Ctrl-C and SIGTERM during a run: the first ends the engine cleanly, the second kills it."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

from engine.errors import InterruptedRunError
from engine.processes.cli import Say

HANDLED = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Passes signals on to the Pulumi CLI, which runs in a session of its own."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._running: subprocess.Popen[str] | None = None
        self.received = 0

    @contextmanager
    def handled(self) -> Iterator[None]:
        """Handles SIGINT and SIGTERM while inside. Does nothing outside the main thread."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self._on_signal) for number in HANDLED}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @contextmanager
    def passed_to(self, process: subprocess.Popen[str]) -> Iterator[None]:
        """While inside, passes signals on to this process instead of ending this run."""
        self._running = process
        try:
            if self.received:  # arrived between the last check and the start
                self._forward(process)
            yield
        finally:
            self._running = None

    def raise_if_received(self) -> None:
        """Ends the run between two commands of the CLI if a signal arrived."""
        if self.received:
            raise InterruptedRunError("interrupted; what had finished is recorded")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.received += 1
        running = self._running
        if running is None:
            raise InterruptedRunError("interrupted; what had finished is recorded")
        if self.received == 1:
            self._say(
                "interrupted: operations under way finish first (a second interrupt kills them)"
            )
            self._forward(running)
        else:
            self._say("killed: the next run recovers what was under way")
            kill_tree(running.pid)

    @staticmethod
    def _forward(process: subprocess.Popen[str]) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)


def kill_tree(pid: int) -> None:
    """Kills a process and all its descendants. Plugins have process groups of their
    process groups, so killing the group would miss them."""
    try:
        root = psutil.Process(pid)
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
