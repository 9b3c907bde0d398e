"""Cloud changes, read from the engine's events of a preview and of a refresh."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from pulumi.automation import EngineEvent, OpType, StepEventMetadata

from engine.events import AUTOSCALED
from engine.property_paths import differences, top_level, value_at
from engine.wire_format import masked
from ops.drift.findings import ABSENT, EXISTS, PRESENT, Change

ENGINE_TYPES = ("pulumi:providers:", "pulumi:pulumi:")
"""Types of the engine's own entries in a state: stacks and providers."""
DYNAMIC_DATABASE_TYPES = "pulumi-python:dynamic/database:"
OBSERVATION_OUTPUTS = ("drift", "applied", "after")
"""Outputs in which those resources record what they saw in the database. They change with every
drift in it, which the database layer reports under the database's own names."""
CATALOG = DYNAMIC_DATABASE_TYPES + "CatalogReconciler"
CATALOG_COVERED_TYPES = tuple(
    f"postgresql:index/{kind}"
    for kind in ("role:", "schema:", "grant:", "grantRole:", "defaultPrivileges:")
)
"""Types that the database layer compares completely, against the database itself. Their recorded
state may be older than the catalog's last repair, so a difference from it is not drift."""
CREATIONS = frozenset({OpType.CREATE, OpType.CREATE_REPLACEMENT, OpType.IMPORT})
DELETIONS = frozenset({OpType.DELETE, OpType.DISCARD})
REPLACED_DELETIONS = frozenset({OpType.DELETE_REPLACED, OpType.DISCARD_REPLACED})
UNCHANGED = frozenset({OpType.SAME, OpType.READ, OpType.REFRESH})


def unapplied_changes(events: Iterable[EngineEvent]) -> list[Change]:
    """Differences between the program and the recorded inputs, from the events of a preview."""
    return _first_by_path(events, _code_changes)


def drifted_changes(events: Iterable[EngineEvent]) -> list[Change]:
    """Differences between the recorded state and the cloud, from the events of a refresh that
    records nothing."""
    return _first_by_path(events, _cloud_changes)


def steps(events: Iterable[EngineEvent]) -> Iterator[StepEventMetadata]:
    """The engine's steps on resources, in order."""
    for event in events:
        for each in (event.resource_pre_event, event.res_outputs_event):
            if each is not None and not each.metadata.type.startswith(ENGINE_TYPES):
                yield each.metadata


def _first_by_path(
    events: Iterable[EngineEvent], changes: Callable[[StepEventMetadata], Iterable[Change]]
) -> list[Change]:
    """Each resource's changes once, although the engine announces a step before it ends it."""
    found: dict[tuple[str, str], Change] = {}
    for step in steps(events):
        for change in changes(step):
            found.setdefault((change.urn, change.path), change)
    return list(found.values())


def _code_changes(step: StepEventMetadata) -> Iterator[Change]:
    if step.op in UNCHANGED or step.op in REPLACED_DELETIONS:
        return
    if step.op in CREATIONS and step.old is None:
        yield Change(step.urn, step.type, EXISTS, PRESENT, ABSENT)
    elif step.op in DELETIONS and step.new is None:
        yield Change(step.urn, step.type, EXISTS, ABSENT, PRESENT)
    elif step.old is not None and step.new is not None:
        before, after = step.old.inputs or {}, step.new.inputs or {}
        for path, recorded, desired in _differences(before, after, step.detailed_diff or ()):
            if not _is_ignored(step, path):
                yield Change(step.urn, step.type, path, desired, recorded)


def _cloud_changes(step: StepEventMetadata) -> Iterator[Change]:
    if step.op in DELETIONS:
        yield Change(step.urn, step.type, EXISTS, PRESENT, ABSENT)
    elif step.op is OpType.UPDATE and step.old is not None and step.new is not None:
        old, new = step.old, step.new
        found = _differences(old.outputs or {}, new.outputs or {}, step.detailed_diff or ())
        if not found:
            found = _differences(old.inputs or {}, new.inputs or {})
        for path, recorded, actual in found:
            if not _is_ignored(step, path):
                yield Change(step.urn, step.type, path, recorded, actual)


def _differences(
    old: Mapping[str, Any], new: Mapping[str, Any], paths: Iterable[str] = ()
) -> list[tuple[str, Any, Any]]:
    """Path, old and new value at the paths that the provider reported, else at every difference:
    dynamic resources report no paths."""
    reported = [
        (path, masked(value_at(old, path)), masked(value_at(new, path))) for path in sorted(paths)
    ]
    return reported or list(differences(old, new))


def _is_ignored(step: StepEventMetadata, path: str) -> bool:
    name = top_level(path)
    if name in AUTOSCALED.get(step.type, ()):
        return True
    return step.type.startswith(DYNAMIC_DATABASE_TYPES) and name in OBSERVATION_OUTPUTS


def applied_catalog(events: Iterable[EngineEvent]) -> str | None:
    """The database catalog, as JSON, that was applied last; None before the first time."""
    for step in steps(events):
        if step.type == CATALOG and step.old is not None:
            settings: Any = (step.old.inputs or {}).get("settings")
            return str(settings) if settings else None
    return None


def database_names(events: Iterable[EngineEvent]) -> Mapping[str, tuple[str, ...]]:
    """URN of each resource of the postgresql provider -> the names under which the database layer
    reports what the resource manages."""
    names: dict[str, tuple[str, ...]] = {}
    for step in steps(events):
        state = step.old or step.new
        if step.type.startswith("postgresql:") and state is not None:
            properties = {**(state.outputs or {}), **(state.inputs or {})}
            names[step.urn] = tuple(_database_names(step.type.rpartition(":")[2], properties))
    return names


def _database_names(resource_type: str, properties: Mapping[str, Any]) -> Iterator[str]:
    object_type, schema = properties.get("objectType"), properties.get("schema")
    if resource_type == "GrantRole":
        yield f"role:{properties.get('role')}"
    elif resource_type == "DefaultPrivileges":
        yield f"default:{properties.get('owner')}/{schema or ''}/{object_type}s"
    elif resource_type == "Grant" and object_type == "table":
        yield from (f"{schema}.{name}" for name in properties.get("objects") or ())
    elif resource_type == "Grant":
        yield f"{object_type}:{schema if object_type == 'schema' else properties.get('database')}"
    else:
        yield f"{resource_type.lower()}:{properties.get('name')}"
