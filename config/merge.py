"""Merges what a stack file changes into its catalogs, and tells which of them a fault is in."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from config import yaml_files
from config.errors import Fault
from config.settings.stack import StackSettings

DIRECTORY = Path(__file__).resolve().parent / "defaults"


def shown(name: str) -> str:
    """The path of a file of defaults as people write it."""
    return f"config/{DIRECTORY.name}/{name}"


def read(name: str) -> Mapping[str, Any]:
    return yaml_files.read(DIRECTORY / name, shown(name))


@dataclass(frozen=True)
class Baseline:
    """A catalog that fills a section of the settings; the stack file's values go before it."""

    section: str
    catalog: str


def merged(baseline: Any, changes: Any) -> Any:
    """Mappings merge key by key, everything else is replaced."""
    if isinstance(baseline, Mapping) and isinstance(changes, Mapping):
        both = {key: merged(baseline[key], changes[key]) for key in baseline.keys() & changes}
        return {**baseline, **changes, **both}
    return changes


def merged_into(document: dict[str, Any], baseline: Baseline) -> None:
    """Fills the section; one that is missing on the way, or no mapping, is left to validation."""
    *parents, last = baseline.section.split(".")
    node = document
    for parent in parents:
        inner = node.get(parent)
        if not isinstance(inner, Mapping):
            return
        node[parent] = node = dict(inner)
    rows = read(baseline.catalog)
    node[last] = rows if node.get(last) is None else merged(rows, node[last])


def attributed(
    faults: Iterable[Fault],
    model: type[StackSettings],
    stated: Mapping[str, Any],
    baselines: Iterable[Baseline],
) -> Iterator[Fault]:
    """The faults, each under the catalog's name if it is there and not in the stack file."""
    for fault in faults:
        path = fault.key.removeprefix(f"{model.namespace}:")
        for baseline in baselines:
            inside = path.removeprefix(f"{baseline.section}.")
            if inside == path:
                continue
            rows = read(baseline.catalog)
            section = len(path) - len(inside)
            if section + known_length(rows, inside) > known_length(stated, path):
                fault = replace(fault, file=shown(baseline.catalog), key=inside)
                break
        yield fault


def known_length(value: Any, path: str) -> int:
    """How many characters of a dotted path lead somewhere; keys may hold dots themselves."""
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
