"""ElastiCache's parameters for Redis 7, and the memory of its node types."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

RESERVED_MEMORY = "reserved-memory-percent"
"""A parameter of ElastiCache that Redis itself doesn't have."""
_RANGE = re.compile(r"(-?\d+)-(-?\d+)?")
_HIGHEST = 2**63 - 1


@dataclass(frozen=True)
class Parameter:
    """A parameter; `allowed` is a range, a list of values, or empty for any text."""

    name: str
    allowed: str

    @property
    def range(self) -> tuple[int, int] | None:
        """The allowed range, both ends included; None for a parameter that isn't numeric."""
        found = _RANGE.fullmatch(self.allowed)
        return (int(found[1]), int(found[2] or _HIGHEST)) if found else None

    @property
    def words(self) -> tuple[str, ...]:
        return () if self.range or not self.allowed else tuple(self.allowed.split(","))

    def admits(self, value: str) -> bool:
        if self.range is not None:
            lowest, highest = self.range
            return bool(re.fullmatch(r"-?\d+", value)) and lowest <= int(value) <= highest
        return not self.words or value in self.words


@cache
def parameters() -> Mapping[str, Parameter]:
    """The parameters of the family redis7, by name."""
    return {name: Parameter(name, allowed) for name, allowed in _table("redis7_parameters").items()}


def node_memory(node_type: str) -> int:
    """The memory of a node type in bytes, including the reserved part. An unlisted type has 0,
    which Redis takes as unlimited."""
    return int(_table("node_memory").get(node_type, 0))


@cache
def _table(name: str) -> Mapping[str, str]:
    table: Mapping[str, str] = yaml.safe_load(Path(__file__).with_name(f"{name}.yaml").read_text())
    return table
