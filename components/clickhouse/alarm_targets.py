"""Alarm targets of a ClickHouse host: the instance, its volume, its data and its backups."""

from __future__ import annotations

import pulumi

from components.monitoring.alarm_target import AlarmTarget, Dimensions
from config.settings.alarms import TargetType


def alarm_targets(
    name: str,
    *,
    instance_id: pulumi.Input[str],
    volume_id: pulumi.Input[str] | None,
    metrics_host: str,
    backs_up: bool,
) -> list[AlarmTarget]:
    """`volume_id` is None on a host that only runs Keeper; `metrics_host` is the dimension Host of
    the metrics that the host publishes itself."""
    types: dict[TargetType, Dimensions] = {"clickhouse_host": {"InstanceId": instance_id}}
    if volume_id is not None:
        # EBS publishes stalls and exceeded limits by attachment, not by volume alone
        types["clickhouse_volume"] = {"InstanceId": instance_id, "VolumeId": volume_id}
        types["clickhouse_data"] = {"Host": metrics_host}
        if backs_up:
            types["clickhouse_backup"] = {"Host": metrics_host}
    return [
        AlarmTarget(store="clickhouse", instance=name, type=each, dimensions=dimensions)
        for each, dimensions in types.items()
    ]
