"""Alarm targets: what each data store declares for monitoring. The alarms are created from these
alone and contain nothing specific to a store."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import pulumi

from config.settings.alarms import Capacity, TargetType

Dimensions = Mapping[str, pulumi.Input[str]]
"""CloudWatch dimensions, name -> value."""

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True)
class AlarmTarget:
    """An instance, such as a server or a volume, as a target of one type. The same instance may
    also be a target of other types, which have other metrics."""

    store: str
    """The data store, a section of the dashboard: postgres, redis, …"""
    instance: str
    """The instance's name within the store, which is part of its alarms' names."""
    type: TargetType
    dimensions: Dimensions
    capacity: Mapping[Capacity, float] = field(default_factory=dict)
    """What the environment provisions. Alarms with `scale_by` multiply their threshold by it."""
    suppressed_by: str | None = None
    """The instance of the same store whose overload is the cause of failures of this type. While
    its alarm is active, no page is sent for them."""
    variables: Mapping[str, pulumi.Input[int]] = field(default_factory=dict)
    """Values of the names in braces in an alarm's expression."""

    @property
    def key(self) -> str:
        """The instance's name, unique in the stack."""
        return f"{self.store}-{self.instance}"


def numbered(name: str, items: Sequence[T]) -> dict[str, T]:
    """The items by the keys NAME-1, NAME-2, …"""
    return {f"{name}-{number}": item for number, item in enumerate(items, 1)}
