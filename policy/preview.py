"""The rules over what the engine tells of a run: what would exist, what is replaced or deleted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pulumi.automation import EngineEvent, OpType, StepEventMetadata, StepEventStateMetadata

from policy import rules
from policy.model import Resource, Violation

REPLACING = frozenset(
    {OpType.REPLACE, OpType.CREATE_REPLACEMENT, OpType.DELETE_REPLACED, OpType.IMPORT_REPLACEMENT}
)
DELETING = frozenset({OpType.DELETE, OpType.DELETE_REPLACED, OpType.DISCARD})
OTHER = frozenset({OpType.REFRESH, OpType.REMOVE_PENDING_REPLACE})
"""What the program has no part in."""


@dataclass(frozen=True)
class Outlook:
    """A run's resources: as they would be, and as they were where they don't survive it."""

    resources: tuple[Resource, ...]
    replaced: tuple[Resource, ...]
    deleted: tuple[Resource, ...]

    def violations(self) -> list[Violation]:
        return rules.violations(self.resources, self.replaced, self.deleted)


def outlook(events: Iterable[EngineEvent]) -> Outlook:
    """Folds a run's events; the last word on a resource counts."""
    resources: dict[str, Resource] = {}
    replaced: dict[str, Resource] = {}
    deleted: dict[str, Resource] = {}
    for event in events:
        if event.res_outputs_event is None:
            continue
        step = event.res_outputs_event.metadata
        if step.op in OTHER:
            continue
        if step.op in REPLACING and step.old is not None:
            replaced[step.urn] = _resource(step, step.old)
        elif step.op in DELETING and step.old is not None:
            deleted[step.urn] = _resource(step, step.old)
        if step.op not in DELETING and step.new is not None:
            resources[step.urn] = _resource(step, step.new)
    return Outlook(tuple(resources.values()), tuple(replaced.values()), tuple(deleted.values()))


def _resource(step: StepEventMetadata, state: StepEventStateMetadata) -> Resource:
    return Resource(step.type, step.urn, state.inputs or {}, state.id)
