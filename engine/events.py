"""Folds the engine's event stream into results, pure: one entry per resource."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from pulumi.automation import EngineEvent, OpType, StepEventMetadata
from pulumi.automation.events import PolicyEvent

from engine import property_paths
from engine.result import Diagnostic, ResourceChange

MARKUP = re.compile(r"<\{%.*?%\}>")
SHOWN_SEVERITIES = frozenset({"info", "info#err", "warning", "error"})
"""Never `debug`: those messages carry the properties of every resource, secrets included."""
REPLACEMENT = "replace"
STEPS_OF_A_REPLACEMENT = frozenset(
    {
        OpType.CREATE_REPLACEMENT,
        OpType.REPLACE,
        OpType.DELETE_REPLACED,
        OpType.READ_REPLACEMENT,
        OpType.IMPORT_REPLACEMENT,
        OpType.DISCARD_REPLACED,
        OpType.REMOVE_PENDING_REPLACE,
    }
)
REPEATED = "an unhandled error occurred: "
"""The engine prints a program's error twice, the second time with this prefix."""
AUTOSCALED: Mapping[str, frozenset[str]] = {"aws:ecs/service:Service": frozenset({"desiredCount"})}
"""Properties that autoscaling changes at run time, by type. The program sets the initial value and
ignores later changes; a refresh still reports them."""


def resources(events: Iterable[EngineEvent]) -> tuple[ResourceChange, ...]:
    """What was done, or would be in a preview, to each resource, in order of completion."""
    folded: dict[str, ResourceChange] = {}
    for event in events:
        step = event.res_outputs_event
        # the refresh at the start of `up` is no change: a later step repairs what it found
        if step is None or step.metadata.op is OpType.REFRESH or is_bookkeeping(step.metadata):
            continue
        resource = _resource(step.metadata)
        before = folded.pop(resource.urn, None)
        folded[resource.urn] = resource if before is None else _merged(before, resource)
    return tuple(folded.values())


def changes_nothing(events: Iterable[EngineEvent]) -> bool:
    """Whether a run left everything as it was recorded: no step but same, read and refresh, and no
    refresh that found anything else than the state holds. Stricter than the resources' summary:
    what autoscaling changes counts as well, since the state is to follow it."""
    for event in events:
        if event.res_op_failed_event is not None:
            return False
        step = event.res_outputs_event  # not the event before it: what a refresh finds is new there
        if step is not None and not _changes_nothing(step.metadata):
            return False
    return True


def _changes_nothing(step: StepEventMetadata) -> bool:
    if step.op is not OpType.REFRESH:
        return step.op in (OpType.SAME, OpType.READ)
    # a secret is masked in both states, so that only the provider's own difference shows it
    if step.old is None or step.new is None or step.diffs or step.detailed_diff:
        return False
    # not the inputs: a provider sorts and completes what the program gave, with the same outputs
    return bool(step.old.outputs == step.new.outputs)


def diagnostics(events: Iterable[EngineEvent]) -> tuple[Diagnostic, ...]:
    """The messages for people, without the engine's color markup."""
    shown: dict[tuple[str, str | None], Diagnostic] = {}
    for whole in events:
        if whole.policy_event is not None:
            violation = _policy_diagnostic(whole.policy_event)
            shown[violation.message, violation.urn] = violation
        event = whole.diagnostic_event
        if event is None or event.ephemeral or event.severity not in SHOWN_SEVERITIES:
            continue
        text, urn = plain(event.message).removeprefix(REPEATED), event.urn or None
        if text and (text, None) not in shown:
            shown[text, urn] = Diagnostic(event.severity.partition("#")[0], text, urn)
    return tuple(shown.values())


def _policy_diagnostic(event: PolicyEvent) -> Diagnostic:
    """A violation found by a policy pack that the engine ran."""
    severity = "error" if event.enforcement_level == "mandatory" else "warning"
    words = "; ".join(plain(event.message).splitlines())
    return Diagnostic(severity, f"{event.policy_name}: {words}", event.resource_urn or None)


def plain(message: str) -> str:
    """A message without color markup."""
    return MARKUP.sub("", message).strip()


def is_bookkeeping(step: StepEventMetadata) -> bool:
    """Whether the step is about a default provider, which the engine registers by itself."""
    name = step.urn.rsplit("::", 1)[-1]
    return step.type.startswith("pulumi:providers:") and name.startswith("default")


def changed_paths(step: StepEventMetadata) -> tuple[str, ...]:
    """The properties that differ: as reported by the provider, else by comparing old and new."""
    if step.detailed_diff:
        return tuple(sorted(step.detailed_diff))
    if step.diffs:
        return tuple(sorted(step.diffs))
    if step.op is not OpType.UPDATE or step.old is None or step.new is None:
        return ()
    of_inputs = _differing(step.old.inputs, step.new.inputs)
    return of_inputs or _differing(step.old.outputs, step.new.outputs)


def _differing(old: Mapping[str, Any] | None, new: Mapping[str, Any] | None) -> tuple[str, ...]:
    return tuple(path for path, _, _ in property_paths.differences(old or {}, new or {}))


def _resource(step: StepEventMetadata) -> ResourceChange:
    op = REPLACEMENT if step.op in STEPS_OF_A_REPLACEMENT else step.op.value
    changed = changed_paths(step) if op != "same" else ()
    kept = tuple(path for path in changed if path not in AUTOSCALED.get(step.type, ()))
    if op == "update" and changed and not kept:
        op = "same"
    return ResourceChange(step.urn, step.type, op, kept)


def _merged(before: ResourceChange, after: ResourceChange) -> ResourceChange:
    """Merges two steps on one resource. A stack's outputs come as a second `same`, and a
    replacement as up to three steps, of which only the first has the reason."""
    op = before.op if after.op == "same" else after.op
    if REPLACEMENT in (before.op, after.op):
        op = REPLACEMENT
    return ResourceChange(
        after.urn, after.type, op, tuple(dict.fromkeys(before.changed + after.changed))
    )
