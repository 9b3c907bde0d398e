"""Alarm targets of PgBouncer: the ECS service, its tasks and the load balancer's targets."""

from __future__ import annotations

import pulumi

from components.monitoring.alarm_target import AlarmTarget


def alarm_targets(
    *,
    cluster: pulumi.Input[str],
    service: pulumi.Input[str],
    load_balancer: pulumi.Input[str],
    target_group: pulumi.Input[str],
    tasks: int,
) -> list[AlarmTarget]:
    """`cluster` and `service` are names, `load_balancer` and `target_group` the ARN suffixes that
    CloudWatch uses (net/…/…, targetgroup/…/…), `tasks` is the minimum number of tasks."""
    service_dimensions = {"ClusterName": cluster, "ServiceName": service}
    target_dimensions = {"LoadBalancer": load_balancer, "TargetGroup": target_group}
    return [
        AlarmTarget(
            store="pgbouncer",
            instance="service",
            type="pgbouncer_service",
            dimensions=service_dimensions,
        ),
        AlarmTarget(
            store="pgbouncer",
            instance="service",
            type="pgbouncer_tasks",
            dimensions=service_dimensions,
            capacity={"tasks": tasks},
        ),
        AlarmTarget(
            store="pgbouncer",
            instance="service",
            type="pgbouncer_targets",
            dimensions=target_dimensions,
            capacity={"tasks": tasks},
        ),
    ]
