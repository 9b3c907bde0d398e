"""The cloud layer of drift: the engine's events of two comparisons become changes of properties."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from pulumi.automation import EngineEvent, OpType, StepEventMetadata

from engine.events import AUTOSCALED
from ops.drift.findings import ABSENT, EXISTS, PRESENT, Change, changed

NOT_RESOURCES = ("pulumi:providers:", "pulumi:pulumi:")
REPAIRED_BY_THEMSELVES = "pulumi-python:dynamic/database:"
"""The database layer tells what these observed, by the names of its own."""
OBSERVED = ("drift", "applied", "after")
CATALOG = REPAIRED_BY_THEMSELVES + "CatalogReconciler"
IN_THE_CATALOG = tuple(
    f"postgresql:index/{kind}"
    for kind in ("role:", "schema:", "grant:", "grantRole:", "defaultPrivileges:")
)
"""Types of which the database layer knows all: their recorded state may be older than a repair."""
CREATIONS = frozenset({OpType.CREATE, OpType.CREATE_REPLACEMENT, OpType.IMPORT})
DELETIONS = frozenset({OpType.DELETE, OpType.DISCARD})
ENDS_OF_REPLACEMENTS = frozenset({OpType.DELETE_REPLACED, OpType.DISCARD_REPLACED})
SILENT = frozenset({OpType.SAME, OpType.READ, OpType.REFRESH})


def steps(events: Iterable[EngineEvent]) -> Iterator[StepEventMetadata]:
    """What was compared, resource by resource."""
    for event in events:
        for each in (event.resource_pre_event, event.res_outputs_event):
            if each is not None and not each.metadata.type.startswith(NOT_RESOURCES):
                yield each.metadata


def unapplied(events: Iterable[EngineEvent]) -> list[Change]:
    """From a preview: the program's inputs against the recorded ones."""
    found: dict[tuple[str, str], Change] = {}
    for step in steps(events):
        for change in _of_code(step):
            found.setdefault((change.urn, change.path), change)
    return list(found.values())


def drifted(events: Iterable[EngineEvent]) -> list[Change]:
    """From a refresh that records nothing: the recorded state against what exists."""
    found: dict[tuple[str, str], Change] = {}
    for step in steps(events):
        for change in _of_cloud(step):
            found.setdefault((change.urn, change.path), change)
    return list(found.values())


def _of_code(step: StepEventMetadata) -> Iterator[Change]:
    if step.op in SILENT or step.op in ENDS_OF_REPLACEMENTS:
        return
    if step.op in CREATIONS and step.old is None:
        yield Change(step.urn, step.type, EXISTS, PRESENT, ABSENT)
    elif step.op in DELETIONS and step.new is None:
        yield Change(step.urn, step.type, EXISTS, ABSENT, PRESENT)
    elif step.old is not None and step.new is not None:
        before, after = step.old.inputs or {}, step.new.inputs or {}
        told = step.detailed_diff or ()
        for path, recorded, wanted in changed(before, after, told):
            if not _observed(step, path):
                yield Change(step.urn, step.type, path, wanted, recorded)


def _of_cloud(step: StepEventMetadata) -> Iterator[Change]:
    if step.op in DELETIONS:
        yield Change(step.urn, step.type, EXISTS, PRESENT, ABSENT)
    elif step.op is OpType.UPDATE and step.old is not None and step.new is not None:
        old, new = step.old, step.new
        differences = list(changed(old.outputs or {}, new.outputs or {}, step.detailed_diff or ()))
        if not differences:
            differences = list(changed(old.inputs or {}, new.inputs or {}))
        for path, recorded, live in differences:
            if not _observed(step, path):
                yield Change(step.urn, step.type, path, recorded, live)


def _observed(step: StepEventMetadata, path: str) -> bool:
    top = path.partition(".")[0].partition("[")[0]
    if top in AUTOSCALED.get(step.type, ()):
        return True
    return step.type.startswith(REPAIRED_BY_THEMSELVES) and top in OBSERVED


def recorded_access(events: Iterable[EngineEvent]) -> str | None:
    """The access catalog, as JSON, that was applied last: what the database was told to be."""
    for step in steps(events):
        if step.type == CATALOG and step.old is not None:
            access: Any = (step.old.inputs or {}).get("access")
            return str(access) if access else None
    return None


def covered(events: Iterable[EngineEvent]) -> Mapping[str, tuple[str, ...]]:
    """URN -> the database's own names of what a resource of the postgresql provider is about."""
    names: dict[str, tuple[str, ...]] = {}
    for step in steps(events):
        state = step.old or step.new
        if step.type.startswith("postgresql:") and state is not None:
            inputs = {**(state.outputs or {}), **(state.inputs or {})}
            names[step.urn] = tuple(_names(step.type.rpartition(":")[2], inputs))
    return names


def _names(kind: str, inputs: Mapping[str, Any]) -> Iterator[str]:
    if kind == "GrantRole":
        yield f"role:{inputs.get('role')}"
    elif kind == "DefaultPrivileges":
        owner, schema = inputs.get("owner"), inputs.get("schema") or ""
        yield f"default:{owner}/{schema}/{inputs.get('objectType')}s"
    elif kind == "Grant" and inputs.get("objectType") == "table":
        yield from (f"{inputs.get('schema')}.{name}" for name in inputs.get("objects") or ())
    elif kind == "Grant":
        object_type = inputs.get("objectType")
        yield f"{object_type}:{inputs.get('schema' if object_type == 'schema' else 'database')}"
    else:
        yield f"{kind.lower()}:{inputs.get('name')}"
