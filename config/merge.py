"""Merges stack files over the shared defaults, and attributes faults to the file they are in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config import yaml_files
from config.errors import Fault

DIRECTORY = Path(__file__).resolve().parent / "defaults"


def shown(name: str) -> str:
    """The path of a file of defaults, for messages."""
    return f"config/{DIRECTORY.name}/{name}"


def read(name: str) -> Mapping[str, Any]:
    return yaml_files.read(DIRECTORY / name, shown(name))


@dataclass(frozen=True)
class Baseline:
    """A file of defaults for one section of the settings; the stack file's values override it."""

    section: str
    file: str


def merged(baseline: Any, changes: Any) -> Any:
    """Merges mappings key by key; everything else is replaced."""
    if isinstance(baseline, Mapping) and isinstance(changes, Mapping):
        both = {key: merged(baseline[key], changes[key]) for key in baseline.keys() & changes}
        return {**baseline, **changes, **both}
    return changes


def merged_into(document: dict[str, Any], baseline: Baseline) -> None:
    """Merges the defaults into their section, if all sections above it exist as mappings."""
    *parents, last = baseline.section.split(".")
    node = document
    for parent in parents:
        inner = node.get(parent)
        if not isinstance(inner, Mapping):
            return
        node[parent] = node = dict(inner)
    rows = read(baseline.file)
    node[last] = rows if node.get(last) is None else merged(rows, node[last])


def attributed(
    faults: Iterable[Fault],
    namespace: str,
    stated: Mapping[str, Any],
    baselines: Iterable[Baseline],
) -> Iterator[Fault]:
    """The faults, attributed to the file of defaults if the faulty key is there."""
    for fault in faults:
        path = fault.key.removeprefix(f"{namespace}:")
        for baseline in baselines:
            inside = path.removeprefix(f"{baseline.section}.")
            if inside == path:
                continue
            rows = read(baseline.file)
            section = len(path) - len(inside)
            if section + known_length(rows, inside) > known_length(stated, path):
                fault = replace(fault, file=shown(baseline.file), key=inside)
                break
        yield fault


def known_length(value: Any, path: str) -> int:
    """The length of the part of a dotted path that exists in a tree. Keys may contain dots."""
    if isinstance(value, list):
        value = {str(index): item for index, item in enumerate(value)}
    if not path or not isinstance(value, Mapping):
        return 0
    longest = 0
    for key, item in value.items():
        name = str(key)
        if path == name:
            return len(path)
        if path.startswith(f"{name}."):
            rest = known_length(item, path[len(name) + 1 :])
            longest = max(longest, len(name) + (1 + rest if rest else 0))
    return longest
