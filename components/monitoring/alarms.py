"""Alarms on everything that is watched, who is told of them, and the dashboard that shows it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import cloudwatch

from components.monitoring.alarm_target import AlarmTarget
from components.monitoring.dashboard import Shown, body
from components.monitoring.instance_alarms import InstanceAlarms, InstanceAlarmsArgs
from components.scope import StackScope
from config.settings.alarms import SEVERITIES, AlarmSettings, Severity

EXPLAINS: tuple[str, Severity] = ("overload", "critical")
"""The page of an instance that explains failures behind it."""


@dataclass(frozen=True, kw_only=True)
class AlarmsArgs:
    scope: StackScope
    settings: AlarmSettings
    topic_arns: Mapping[Severity, pulumi.Input[str]]
    alarm_targets: Sequence[AlarmTarget]


class Alarms(pulumi.ComponentResource):
    """Metric alarms of every instance, its pages, and the dashboard."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        instances: dict[str, InstanceAlarms] = {}
        for key, alarm_targets in _by_instance(args.alarm_targets).items():
            instances[key] = InstanceAlarms(
                f"{name}-{key}",
                InstanceAlarmsArgs(
                    prefix=args.scope.prefix,
                    alarm_targets=alarm_targets,
                    catalog=args.settings.catalog,
                    topic_arns=args.topic_arns,
                    explained_by=_explanation(alarm_targets, instances),
                ),
                child,
            )
        self._dashboard(name, args, instances)
        self.register_outputs({})

    def _dashboard(
        self, name: str, args: AlarmsArgs, instances: Mapping[str, InstanceAlarms]
    ) -> None:
        pages = {
            severity: [
                page.arn
                for instance in instances.values()
                for (_, of), page in instance.pages.items()
                if of == severity
            ]
            for severity in SEVERITIES
        }
        dimensions = [dict(alarm_targets.dimensions) for alarm_targets in args.alarm_targets]
        variables = [dict(alarm_targets.variables) for alarm_targets in args.alarm_targets]

        def rendered(known: list[Any]) -> str:
            found, numbers, arns = known
            shown = [
                Shown(
                    alarm_targets.store,
                    alarm_targets.instance,
                    alarm_targets.kind,
                    each,
                    alarm_targets.capacity,
                    of_its,
                )
                for alarm_targets, each, of_its in zip(
                    args.alarm_targets, found, numbers, strict=True
                )
            ]
            prefix, region = args.scope.prefix, args.scope.region
            return json.dumps(body(prefix, region, args.settings.catalog, shown, arns))

        cloudwatch.Dashboard(
            name,
            dashboard_name=args.scope.prefix,
            dashboard_body=pulumi.Output.all(dimensions, variables, pages).apply(rendered),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _by_instance(alarm_targets: Sequence[AlarmTarget]) -> dict[str, list[AlarmTarget]]:
    found: dict[str, list[AlarmTarget]] = {}
    for each in alarm_targets:
        found.setdefault(each.key, []).append(each)
    return found


def _explanation(
    alarm_targets: Sequence[AlarmTarget], instances: Mapping[str, InstanceAlarms]
) -> pulumi.Output[str] | None:
    """The alarm of the instance that this one lies behind; instances come in that order."""
    suppressed_by = [each for each in alarm_targets if each.suppressed_by is not None]
    if not suppressed_by:
        return None
    return (
        instances[f"{suppressed_by[0].store}-{suppressed_by[0].suppressed_by}"]
        .pages[EXPLAINS]
        .alarm_name
    )
