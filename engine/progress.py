"""Shows a run while it goes on: a progress bar on a terminal, lines in a pipe or when asked for."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pulumi.automation import EngineEvent, OpType, StepEventMetadata
from rich.console import Console
from rich.markup import escape
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    SpinnerColumn,
    TaskID,
    TextColumn,
    TimeElapsedColumn,
)
from rich.progress import Progress as Bars

from engine import events

QUIET_OPS = frozenset({OpType.SAME, OpType.READ, OpType.REFRESH})
"""Steps that change nothing: counted, not listed."""
DOING = {
    OpType.CREATE: "creating",
    OpType.UPDATE: "updating",
    OpType.DELETE: "deleting",
    OpType.REFRESH: "reading",
    OpType.READ: "reading",
}
LISTED_AT_MOST = 2
LONGEST_SILENCE_S = 2.0


@dataclass
class Phase:
    """What is under way, and how far it has come."""

    title: str
    total: int | None = None
    """How many steps are expected, as far as that is known before."""
    foreseen: bool = False
    """Whether the steps are only a preview's: they count, but none is listed as done."""
    started: float = field(default_factory=time.monotonic)
    steps: dict[str, tuple[StepEventMetadata, float]] = field(default_factory=dict)
    done: int = 0

    def begin(self, step: StepEventMetadata) -> None:
        if not events.is_bookkeeping(step):
            self.steps[step.urn] = (step, time.monotonic())

    def finish(self, step: StepEventMetadata) -> float | None:
        """The seconds that the step took; None for one that never began: a default provider, or
        the second end of a stack, with its outputs."""
        begun = self.steps.pop(step.urn, None)
        if begun is None:
            return None
        self.done += 1
        if self.total is not None:
            self.total = max(self.total, self.done)
        return time.monotonic() - begun[1]

    def under_way(self) -> str:
        listed = [
            f"{DOING.get(step.op, step.op.value)} {step.urn.rsplit('::', 1)[-1]}"
            for step, _ in list(self.steps.values())
            if not step.type.startswith("pulumi:pulumi:")
        ]
        more = f" and {len(listed) - LISTED_AT_MOST} more" if len(listed) > LISTED_AT_MOST else ""
        return ", ".join(listed[:LISTED_AT_MOST]) + more

    def line(self) -> str:
        """One line for a pipe."""
        elapsed = f"{time.monotonic() - self.started:.0f} s"
        of = f" of {self.total}" if self.total is not None else ""
        count = f"{self.done}{of} done, " if self.done else ""
        return f"{self.title}: {count}{elapsed}  {self.under_way()}".rstrip()


class Progress:
    """Reports to people on the console given (stderr when stdout is a document)."""

    def __init__(self, console: Console, *, verbose: bool = False) -> None:
        self._console = console
        self._with_lines = verbose or not console.is_terminal
        self._phase = Phase("")
        self._bar: tuple[Bars, TaskID] | None = None
        self._last_output = time.monotonic()

    def say(self, message: str) -> None:
        self._last_output = time.monotonic()
        self._console.print(escape(message), soft_wrap=True, highlight=False)

    @contextmanager
    def phase(
        self,
        title: str,
        total: int | None = None,
        *,
        foreseen: bool = False,
        announced: bool = True,
    ) -> Iterator[None]:
        """One part of a run, such as one project's operation.

        `total` resources are expected in it; `foreseen` says that it is only a preview. A part that
        is not announced shows only if it takes long.
        """
        self._phase = Phase(title, total, foreseen)
        if self._with_lines:
            if announced:
                self.say(f"{title} …")
            with self._never_silent():
                yield
            return
        bars = Bars(
            SpinnerColumn(),
            TextColumn("{task.description}"),
            BarColumn(bar_width=30),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[under_way]}", style="dim"),
            console=self._console,
            transient=True,
        )
        with bars:
            self._bar = (bars, bars.add_task(escape(title), total=total, under_way=""))
            try:
                yield
            finally:
                self._bar = None

    def on_event(self, event: EngineEvent) -> None:
        """Takes the engine's events; called from the thread of the event stream."""
        if (before := event.resource_pre_event) is not None:
            self._phase.begin(before.metadata)
        elif (after := event.res_outputs_event) is not None:
            self._finished(after.metadata)
        elif (failed := event.res_op_failed_event) is not None:
            self._phase.steps.pop(failed.metadata.urn, None)
            self.say(f"  {'failed':<8} {_label(failed.metadata)}")
        if self._bar is not None:
            bars, task = self._bar
            now = self._phase
            bars.update(
                task, completed=now.done, total=now.total, under_way=escape(now.under_way())
            )

    def _finished(self, step: StepEventMetadata) -> None:
        took = self._phase.finish(step)
        listed = self._with_lines and not self._phase.foreseen and step.op not in QUIET_OPS
        if took is not None and listed:
            self.say(f"  {step.op.value:<8} {_label(step)}  {took:.1f} s")

    @contextmanager
    def _never_silent(self) -> Iterator[None]:
        """While inside, a line appears whenever nothing else has been printed for a while."""
        ended = threading.Event()

        def watch() -> None:
            while not ended.wait(LONGEST_SILENCE_S / 4):
                if time.monotonic() - self._last_output >= LONGEST_SILENCE_S * 3 / 4:
                    self.say(self._phase.line())

        self._last_output = time.monotonic()
        thread = threading.Thread(target=watch, daemon=True)
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()


def _label(step: StepEventMetadata) -> str:
    return f"{step.type}  {step.urn.rsplit('::', 1)[-1]}"
