"""Ctrl-C and SIGTERM while the engine works: the first ends it in order, the second at once."""

from __future__ import annotations

import os
import signal
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from types import FrameType

import psutil

from engine.cli import Say
from engine.errors import InterruptedRunError

HANDLED = (signal.SIGINT, signal.SIGTERM)


class Interrupts:
    """Passes signals on to the Pulumi CLI, which runs in a session of its own."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._running: subprocess.Popen[str] | None = None
        self.received = 0

    @contextmanager
    def handled(self) -> Iterator[None]:
        """While inside, SIGINT and SIGTERM are ours. Outside the main thread, nothing changes."""
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
        """While inside, signals go to this process instead of ending this run."""
        self._running = process
        try:
            if self.received:  # arrived between the last check and the start
                self._forward(process)
            yield
        finally:
            self._running = None

    def raise_if_received(self) -> None:
        """Ends the run between two commands of the CLI."""
        if self.received:
            raise InterruptedRunError("interrupted; what was done is recorded")

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self.received += 1
        running = self._running
        if running is None:
            raise InterruptedRunError("interrupted; what was done is recorded")
        if self.received == 1:
            self._say(
                "interrupted: the operations under way are finished, then it ends (again: kill)"
            )
            self._forward(running)
        else:
            self._say("killed: the next run takes up what was under way")
            kill_tree(running.pid)

    @staticmethod
    def _forward(process: subprocess.Popen[str]) -> None:
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGINT)


def kill_tree(pid: int) -> None:
    """A process and all below it. Plugins sit in process groups of their own, so by descent."""
    try:
        root = psutil.Process(pid)
        family = [*root.children(recursive=True), root]
    except psutil.NoSuchProcess:
        return
    for member in family:
        with suppress(psutil.NoSuchProcess, ProcessLookupError):
            os.kill(member.pid, signal.SIGKILL)
