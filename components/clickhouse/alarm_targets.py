"""Alarm targets of a ClickHouse host: its instance, volume, data and backups."""

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
    """`volume_id` is None for a host that runs Keeper only. `metrics_host` is the value of the
    dimension Host in the metrics that the host publishes."""
    types: dict[TargetType, Dimensions] = {"clickhouse_host": {"InstanceId": instance_id}}
    if volume_id is not None:
        # EBS publishes stalled I/O and exceeded limits per attachment: both dimensions are needed.
        types["clickhouse_volume"] = {"InstanceId": instance_id, "VolumeId": volume_id}
        types["clickhouse_data"] = {"Host": metrics_host}
        if backs_up:
            types["clickhouse_backup"] = {"Host": metrics_host}
    return [
        AlarmTarget(store="clickhouse", instance=name, type=target_type, dimensions=dimensions)
        for target_type, dimensions in types.items()
    ]
