"""Policy checks of a run: the planned resources, and the replaced and deleted ones."""

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
"""Operations that do not come from the program."""


@dataclass(frozen=True)
class Step:
    """One operation of the engine on a resource, with its state before and after."""

    op: str
    old: PolicyResource | None
    new: PolicyResource | None


@dataclass(frozen=True)
class Outlook:
    """The resources of a run: the planned ones, and the replaced and deleted ones as they were."""

    resources: tuple[PolicyResource, ...]
    replaced: tuple[PolicyResource, ...]
    deleted: tuple[PolicyResource, ...]

    def violations(self) -> list[Violation]:
        return rules.violations(self.resources, self.replaced, self.deleted)

    def violations_of_changes(self) -> list[Violation]:
        return rules.violations((), self.replaced, self.deleted)


def outlook(steps: Iterable[Step]) -> Outlook:
    """The outlook of a run's steps. The last step of a resource counts."""
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
    """The steps in the event stream of the Automation API."""
    for event in events:
        if event.res_outputs_event is not None:
            step = event.res_outputs_event.metadata
            yield Step(step.op.value, _of_event(step.old), _of_event(step.new))


def of_document(document: Mapping[str, Any]) -> Iterator[Step]:
    """The steps in the output of `pulumi preview --json`, which omits unchanged resources."""
    for step in document.get("steps", ()):
        yield Step(step["op"], _of_state(step.get("oldState")), _of_state(step.get("newState")))


def _of_event(state: StepEventStateMetadata | None) -> PolicyResource | None:
    return PolicyResource(state.type, state.urn, state.inputs or {}, state.id) if state else None


def _of_state(state: Mapping[str, Any] | None) -> PolicyResource | None:
    if state is None:
        return None
    return PolicyResource(state["type"], state["urn"], state.get("inputs", {}), state.get("id", ""))
