"""Autoscaling of the number of PgBouncer tasks by CPU utilization."""

from __future__ import annotations

import pulumi
from pulumi_aws import appautoscaling

from config.settings.pgbouncer import TaskCount

TARGET_CPU_PERCENT = 60
"""PgBouncer is single-threaded: latency rises when a task uses more of its one core."""
SCALE_IN_COOLDOWN_S, SCALE_OUT_COOLDOWN_S = 300, 60


def scale_by_cpu(
    name: str,
    *,
    policy_name: str,
    cluster: pulumi.Input[str],
    service: pulumi.Input[str],
    tasks: TaskCount,
    opts: pulumi.ResourceOptions,
) -> None:
    """Adds target tracking on the service's average CPU. `cluster` and `service` are names."""
    target = appautoscaling.Target(
        name,
        service_namespace="ecs",
        resource_id=pulumi.Output.format("service/{0}/{1}", cluster, service),
        scalable_dimension="ecs:service:DesiredCount",
        min_capacity=tasks.min,
        max_capacity=tasks.max,
        opts=opts,
    )
    appautoscaling.Policy(
        name,
        name=policy_name,
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        resource_id=target.resource_id,
        scalable_dimension=target.scalable_dimension,
        target_tracking_scaling_policy_configuration={
            "predefined_metric_specification": {
                "predefined_metric_type": "ECSServiceAverageCPUUtilization"
            },
            "target_value": TARGET_CPU_PERCENT,
            "scale_in_cooldown": SCALE_IN_COOLDOWN_S,
            "scale_out_cooldown": SCALE_OUT_COOLDOWN_S,
        },
        opts=opts,
    )
