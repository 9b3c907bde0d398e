"""Alarm targets: what each data store hands to the alarms, so that alarms know no store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import pulumi

from config.settings.alarms import Capacity, TargetType

Dimensions = Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class AlarmTarget:
    """One instance as one type of target. The same instance may be the target of several types."""

    store: str
    instance: str
    """Part of the logical and physical names of its alarms."""
    type: TargetType
    dimensions: Dimensions
    capacity: Mapping[Capacity, float] = field(default_factory=dict)
    """What the environment provisions; thresholds may scale with it."""
    suppressed_by: str | None = None
    """The instance of the same store whose overload explains failures of this type: no page is
    sent for them then."""
    variables: Mapping[str, pulumi.Input[int]] = field(default_factory=dict)
    """Numbers for the names in braces of an alarm's expression."""

    @property
    def key(self) -> str:
        return f"{self.store}-{self.instance}"


def numbered(name: str, items: Sequence[pulumi.Input[str]]) -> Mapping[str, pulumi.Input[str]]:
    """name-1, name-2, …"""
    return {f"{name}-{number}": item for number, item in enumerate(items, 1)}
