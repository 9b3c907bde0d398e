"""Property paths in the engine's notation: `tags.Name`, `rules[0].port`, `tags["a.b"]`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from engine import wire_format

INTERNAL_PREFIX = "__"
"""Begins the names of properties that the engine and its SDK keep for themselves."""
STEP = re.compile(r'\["([^"]*)"\]|\[(\d+)\]|([^.\[\]]+)')


def member(path: str, key: str) -> str:
    """The path of a mapping's key below a path; an empty path is the root."""
    if not path:
        return key
    return f"{path}.{key}" if key.isidentifier() else f'{path}["{key}"]'


def top_level(path: str) -> str:
    """The property that a path begins with."""
    return path.partition(".")[0].partition("[")[0]


def value_at(value: Any, path: str) -> Any:
    """The value at a path; None where there is none."""
    for quoted, index, name in STEP.findall(path):
        step = quoted or index or name
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdigit() and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def differences(old: Any, new: Any, path: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Path, old and new value wherever two values differ, with secrets masked.

    A secret is compared as a whole, and so are lists of different lengths.
    """
    if _are_plain_mappings(old, new):
        for key in sorted({*old, *new}):
            if not key.startswith(INTERNAL_PREFIX):
                yield from differences(old.get(key), new.get(key), member(path, str(key)))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (before, after) in enumerate(zip(old, new, strict=True)):
            yield from differences(before, after, f"{path}[{index}]")
    elif old != new:
        yield path, wire_format.masked(old), wire_format.masked(new)


def _are_plain_mappings(*values: Any) -> bool:
    return all(
        isinstance(value, Mapping) and wire_format.SIGNATURE not in value for value in values
    )
