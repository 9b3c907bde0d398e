"""What an update would change: the state of a resource compared with the desired inputs.

Like Terraform, this compares state with inputs, not old inputs with new ones: the state holds what
the last read returned, so a change made outside the engine shows even where the program does not
set the property.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sandbox.providers.resource_type import ResourceType, empty
from sandbox.providers.wire import UNKNOWN, Properties

Change = Literal["add", "delete", "update"]


@dataclass(frozen=True)
class Difference:
    """One changed property path, such as `tags.Environment` or `parameters[1].value`."""

    path: str
    change: Change
    replaces: bool


def differences(
    resource_type: ResourceType[Any], state: Properties, inputs: Properties
) -> list[Difference]:
    """Every difference between the state and the desired inputs, by path."""
    found: list[Difference] = []
    for name, prop in resource_type.properties.items():
        if prop.output:
            continue
        desired = inputs.get(name)
        actual = resource_type.actual(name, state)
        if name not in inputs and prop.computed:
            continue
        if empty(desired) and empty(actual):
            continue
        comparable = desired is not UNKNOWN and not empty(desired) and not empty(actual)
        if comparable and resource_type.same(name, actual, desired):
            continue
        found += [
            Difference(path, change, resource_type.forces(name, state, inputs))
            for path, change in _paths(name, actual, desired, prop.unordered)
        ]
    found += [Difference(name, "update", True) for name in resource_type.outdated(state, inputs)]
    return found


def changed_properties(found: list[Difference]) -> frozenset[str]:
    """The top-level properties of the differences."""
    return frozenset(item.path.partition(".")[0].partition("[")[0] for item in found)


def _paths(path: str, actual: Any, desired: Any, unordered: bool) -> list[tuple[str, Change]]:
    if empty(actual):
        return [(path, "add")]
    if empty(desired):
        return [(path, "delete")]
    if isinstance(actual, dict) and isinstance(desired, dict):
        nested: list[tuple[str, Change]] = []
        for key in sorted(actual.keys() | desired.keys()):
            if actual.get(key) != desired.get(key):
                nested += _paths(f"{path}{_step(key)}", actual.get(key), desired.get(key), False)
        return nested
    if isinstance(actual, list) and isinstance(desired, list):
        if unordered:
            return _set_paths(path, actual, desired)
        nested = []
        for index in range(max(len(actual), len(desired))):
            old = actual[index] if index < len(actual) else None
            new = desired[index] if index < len(desired) else None
            if old != new:
                nested += _paths(f"{path}[{index}]", old, new, False)
        return nested
    return [(path, "update")]


def _set_paths(path: str, actual: list[Any], desired: list[Any]) -> list[tuple[str, Change]]:
    """Members of a set have no position: an added one is shown at its index in the desired list."""
    added = [index for index, item in enumerate(desired) if item not in actual]
    removed = [index for index, item in enumerate(actual) if item not in desired]
    both = set(added) & set(removed)
    rows: list[tuple[str, Change]] = [(f"{path}[{index}]", "update") for index in sorted(both)]
    rows += [(f"{path}[{index}]", "add") for index in added if index not in both]
    rows += [(f"{path}[{index}]", "delete") for index in removed if index not in both]
    return rows


def _step(key: str) -> str:
    return f".{key}" if key.isidentifier() else f'["{key}"]'
