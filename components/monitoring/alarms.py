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


@dataclass(frozen=True)
class AlarmsArgs:
    place: StackScope
    settings: AlarmSettings
    topic_arns: Mapping[Severity, pulumi.Input[str]]
    watched: Sequence[AlarmTarget]


class Alarms(pulumi.ComponentResource):
    """Metric alarms of every instance, its pages, and the dashboard."""

    def __init__(
        self, name: str, args: AlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:Alarms", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        instances: dict[str, InstanceAlarms] = {}
        for key, watched in _by_instance(args.watched).items():
            instances[key] = InstanceAlarms(
                f"{name}-{key}",
                InstanceAlarmsArgs(
                    prefix=args.place.prefix,
                    watched=watched,
                    catalogue=args.settings.catalogue,
                    topic_arns=args.topic_arns,
                    explained_by=_explanation(watched, instances),
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
        dimensions = [dict(watched.dimensions) for watched in args.watched]
        constants = [dict(watched.constants) for watched in args.watched]

        def rendered(known: list[Any]) -> str:
            found, numbers, arns = known
            shown = [
                Shown(watched.store, watched.instance, watched.kind, each, watched.figures, of_its)
                for watched, each, of_its in zip(args.watched, found, numbers, strict=True)
            ]
            prefix, region = args.place.prefix, args.place.region
            return json.dumps(body(prefix, region, args.settings.catalogue, shown, arns))

        cloudwatch.Dashboard(
            name,
            dashboard_name=args.place.prefix,
            dashboard_body=pulumi.Output.all(dimensions, constants, pages).apply(rendered),
            opts=pulumi.ResourceOptions(parent=self),
        )


def _by_instance(watched: Sequence[AlarmTarget]) -> dict[str, list[AlarmTarget]]:
    found: dict[str, list[AlarmTarget]] = {}
    for each in watched:
        found.setdefault(each.key, []).append(each)
    return found


def _explanation(
    watched: Sequence[AlarmTarget], instances: Mapping[str, InstanceAlarms]
) -> pulumi.Output[str] | None:
    """The alarm of the instance that this one lies behind; instances come in that order."""
    behind = [each for each in watched if each.behind is not None]
    if not behind:
        return None
    return instances[f"{behind[0].store}-{behind[0].behind}"].pages[EXPLAINS].alarm_name
