"""Shows a run while it goes on: a moving line on a terminal, plain lines on a pipe."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from pulumi.automation import EngineEvent, OpType, StepEventMetadata
from rich.console import Console
from rich.markup import escape
from rich.status import Status

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


@dataclass
class _UnderWay:
    started: float = field(default_factory=time.monotonic)
    steps: dict[str, tuple[StepEventMetadata, float]] = field(default_factory=dict)
    done: int = 0


class Progress:
    """Tells people what is under way, on the console given (stderr when stdout is a document)."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._status: Status | None = None
        self._now = _UnderWay()
        self._title = ""

    def say(self, message: str) -> None:
        self._console.print(escape(message), soft_wrap=True, highlight=False)

    @contextmanager
    def phase(self, title: str) -> Iterator[None]:
        """One project's operation."""
        self._title, self._now = title, _UnderWay()
        if not self._console.is_terminal:
            self.say(f"{title} …")
            yield
            return
        with self._console.status(title) as self._status:
            try:
                yield
            finally:
                self._status = None

    def on_event(self, event: EngineEvent) -> None:
        """Takes the engine's events; called from a thread of the event stream's."""
        now = self._now
        if (before := event.resource_pre_event) is not None:
            if not events.is_bookkeeping(before.metadata):
                now.steps[before.metadata.urn] = (before.metadata, time.monotonic())
        elif (after := event.res_outputs_event) is not None:
            self._finished(after.metadata)
        elif (failed := event.res_op_failed_event) is not None:
            now.steps.pop(failed.metadata.urn, None)
            self.say(f"  {'failed':<8} {_label(failed.metadata)}")
        if self._status is not None:
            self._status.update(self._line())

    def _finished(self, step: StepEventMetadata) -> None:
        begun = self._now.steps.pop(step.urn, None)
        if begun is None:  # a default provider, or a stack's outputs: its second end
            return
        self._now.done += 1
        if step.op not in QUIET_OPS:
            took = time.monotonic() - begun[1]
            self.say(f"  {step.op.value:<8} {_label(step)}  {took:.1f} s")

    def _line(self) -> str:
        now = self._now
        listed = [
            f"{DOING.get(step.op, step.op.value)} {step.urn.rsplit('::', 1)[-1]}"
            for step, _ in list(now.steps.values())
            if not step.type.startswith("pulumi:pulumi:")
        ]
        more = f" and {len(listed) - LISTED_AT_MOST} more" if len(listed) > LISTED_AT_MOST else ""
        elapsed = time.monotonic() - now.started
        what = ", ".join(listed[:LISTED_AT_MOST]) + more
        return escape(f"{self._title}: {now.done} done, {elapsed:.0f} s  {what}")


def _label(step: StepEventMetadata) -> str:
    return f"{step.type}  {step.urn.rsplit('::', 1)[-1]}"
