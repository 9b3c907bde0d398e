"""Alarms of every alarm target, and the dashboard that shows them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from components.monitoring import dashboard
from components.monitoring.alarm_target import AlarmTarget
from components.monitoring.instance_alarms import InstanceAlarms, InstanceAlarmsArgs
from components.scope import StackScope
from config.settings.alarms import SEVERITIES, AlarmSettings, Severity

SUPPRESSOR: tuple[str, Severity] = ("overload", "critical")
"""Failure and severity of the page that suppresses pages of dependent instances."""


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    scope: StackScope
    settings: AlarmSettings
    topic_arns: Mapping[Severity, pulumi.Input[str]]
    targets: Sequence[AlarmTarget]
    """An instance must come after the one that it is `suppressed_by`."""


class Alarms(pulumi.ComponentResource):
    """The alarms of all targets, grouped by instance, and the CloudWatch dashboard."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:Alarms", name, None, opts)
        instances: dict[str, InstanceAlarms] = {}
        for key, targets in _by_instance(args.targets).items():
            instances[key] = InstanceAlarms(
                f"{name}-{key}",
                InstanceAlarmsArgs(
                    prefix=args.scope.prefix,
                    targets=targets,
                    catalog=args.settings.catalog,
                    topic_arns=args.topic_arns,
                    suppressor=_suppressor(targets, instances),
                ),
                pulumi.ResourceOptions(parent=self),
            )
        self._dashboard(name, args, instances)
        self.register_outputs({})

    def _dashboard(
        self, name: str, args: AlarmsArgs, instances: Mapping[str, InstanceAlarms]
    ) -> None:
        page_arns = {
            severity: [
                page.arn
                for instance in instances.values()
                for (_, page_severity), page in instance.pages.items()
                if page_severity == severity
            ]
            for severity in SEVERITIES
        }

        def body(resolved: Sequence[Any]) -> str:
            dimensions, variables, arns = resolved
            targets = [
                replace(target, dimensions=dimensions[index], variables=variables[index])
                for index, target in enumerate(args.targets)
            ]
            scope, catalog = args.scope, args.settings.catalog
            return json.dumps(dashboard.body(scope.prefix, scope.region, catalog, targets, arns))

        cloudwatch.Dashboard(
            name,
            dashboard_name=args.scope.prefix,
            dashboard_body=pulumi.Output.all(
                [dict(target.dimensions) for target in args.targets],
                [dict(target.variables) for target in args.targets],
                page_arns,
            ).apply(body),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _by_instance(targets: Sequence[AlarmTarget]) -> dict[str, list[AlarmTarget]]:
    grouped: dict[str, list[AlarmTarget]] = {}
    for target in targets:
        grouped.setdefault(target.key, []).append(target)
    return grouped


def _suppressor(
    targets: Sequence[AlarmTarget], instances: Mapping[str, InstanceAlarms]
) -> pulumi.Output[str] | None:
    """The name of the alarm that suppresses pages of the targets' instance, if there is one."""
    for target in targets:
        if target.suppressed_by is not None:
            return instances[f"{target.store}-{target.suppressed_by}"].pages[SUPPRESSOR].alarm_name
    return None
