"""Alarm targets of Redis: the nodes of a replication group."""

from __future__ import annotations

from collections.abc import Sequence

import pulumi

from components.monitoring.alarm_target import AlarmTarget, numbered
from config.settings.alarms import TargetType


def alarm_targets(
    group: str, nodes: Sequence[pulumi.Input[str]], *, evicts: bool
) -> list[AlarmTarget]:
    """`nodes` are cache cluster identifiers; `evicts` is whether a full group evicts keys, as a
    cache does, or refuses writes."""
    types: list[TargetType] = ["redis_node"]
    if not evicts:
        types.append("redis_state_node")
    if len(nodes) > 1:
        types.append("redis_replica")  # every node: after a failover any of them may be a replica
    return [
        AlarmTarget(
            store="redis", instance=name, type=target_type, dimensions={"CacheClusterId": node}
        )
        for name, node in numbered(group, nodes).items()
        for target_type in types
    ]
