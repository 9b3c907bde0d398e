"""Alarm targets of Redis: every node of a replication group."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.monitoring.alarm_target import AlarmTarget, numbered
from config.settings.alarms import TargetType


def alarm_targets(
    group: str, nodes: Sequence[pulumi.Input[str]], *, evicts: bool
) -> list[AlarmTarget]:
    """`nodes` are cache cluster identifiers; `evicts` is false for a group that holds state."""
    types: list[TargetType] = ["redis_node"]
    if not evicts:
        types.append("redis_state_node")
    if len(nodes) > 1:
        types.append("redis_replica")  # after a failover any node may be the replica
    return [
        AlarmTarget(store="redis", instance=name, type=each, dimensions={"CacheClusterId": node})
        for name, node in numbered(group, nodes).items()
        for each in types
    ]
