"""The rules over what the engine tells of a run: what would exist, what is replaced or deleted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.automation import EngineEvent, StepEventStateMetadata

from policy import rules
from policy.model import PolicyResource, Violation

REPLACING = frozenset({"replace", "create-replacement", "delete-replaced", "import-replacement"})
DELETING = frozenset({"delete", "delete-replaced", "discard"})
OTHER = frozenset({"refresh", "remove-pending-replace"})
"""What the program has no part in."""


@dataclass(frozen=True)
class Step:
    """What the engine does to one resource: as it is before, and after."""

    op: str
    old: PolicyResource | None
    new: PolicyResource | None


@dataclass(frozen=True)
class Outlook:
    """A run's resources: as they would be, and as they were where they don't survive it."""

    resources: tuple[PolicyResource, ...]
    replaced: tuple[PolicyResource, ...]
    deleted: tuple[PolicyResource, ...]

    def violations(self) -> list[Violation]:
        return rules.violations(self.resources, self.replaced, self.deleted)

    def violations_of_changes(self) -> list[Violation]:
        return rules.violations((), self.replaced, self.deleted)


def outlook(steps: Iterable[Step]) -> Outlook:
    """Folds a run's steps; the last word on a resource counts."""
    resources: dict[str, PolicyResource] = {}
    replaced: dict[str, PolicyResource] = {}
    deleted: dict[str, PolicyResource] = {}
    for step in steps:
        if step.op in OTHER:
            continue
        if step.op in REPLACING and step.old is not None:
            replaced[step.old.urn] = step.old
        elif step.op in DELETING and step.old is not None:
            deleted[step.old.urn] = step.old
        if step.op not in DELETING and step.new is not None:
            resources[step.new.urn] = step.new
    return Outlook(tuple(resources.values()), tuple(replaced.values()), tuple(deleted.values()))


def of_events(events: Iterable[EngineEvent]) -> Iterator[Step]:
    """From the event stream of the Automation API."""
    for event in events:
        if event.res_outputs_event is not None:
            step = event.res_outputs_event.metadata
            yield Step(step.op.value, _of_event(step.old), _of_event(step.new))


def of_document(document: Mapping[str, Any]) -> Iterator[Step]:
    """From what `pulumi preview --json` prints, which leaves out what stays as it is."""
    for step in document.get("steps", ()):
        yield Step(step["op"], _of_state(step.get("oldState")), _of_state(step.get("newState")))


def _of_event(state: StepEventStateMetadata | None) -> PolicyResource | None:
    return PolicyResource(state.type, state.urn, state.inputs or {}, state.id) if state else None


def _of_state(state: Mapping[str, Any] | None) -> PolicyResource | None:
    if state is None:
        return None
    return PolicyResource(state["type"], state["urn"], state.get("inputs", {}), state.get("id", ""))
