"""The alarms of one instance: one a metric and severity, and one page a failure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch

from components.monitoring import alarm_inputs
from components.monitoring.alarm_target import AlarmTarget
from config.settings.alarms import SEVERITIES, Severity, TargetAlarms, TargetType

Pages = dict[tuple[str, Severity], cloudwatch.CompositeAlarm]


@dataclass(frozen=True, kw_only=True)
class InstanceAlarmsArgs:
    prefix: str
    alarm_targets: Sequence[AlarmTarget]
    """One instance, as each of the kinds that it is of."""
    catalog: Mapping[TargetType, TargetAlarms]
    topic_arns: Mapping[Severity, pulumi.Input[str]]
    explained_by: pulumi.Input[str] | None
    """The name of the alarm that explains failures which lie `behind` another instance."""


@dataclass(frozen=True)
class _Sign:
    alarm: cloudwatch.MetricAlarm
    suppressed_by: bool


class InstanceAlarms(pulumi.ComponentResource):
    """`pages` holds the composite alarms by failure and severity: they alone tell anybody."""

    pages: Pages

    def __init__(
        self, name: str, args: InstanceAlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:InstanceAlarms", name, None, opts)
        self.pages = {}
        signs: dict[tuple[str, Severity], list[_Sign]] = {}
        for alarm_targets in args.alarm_targets:
            watch = args.catalog[alarm_targets.kind]
            for alarm_name, alarm in watch.alarms.items():
                for severity in SEVERITIES:
                    inputs = alarm_inputs.metric_alarm(
                        watch.namespace, alarm, severity, alarm_targets
                    )
                    if inputs is not None:
                        made = cloudwatch.MetricAlarm(
                            f"{name}-{alarm_name}-{severity}",
                            name=f"{args.prefix}-{alarm_targets.key}-{alarm_name}-{severity}",
                            **inputs,
                            opts=pulumi.ResourceOptions(parent=self),
                        )
                        sign = _Sign(made, alarm_targets.suppressed_by is not None)
                        signs.setdefault((alarm.failure, severity), []).append(sign)
        # The critical page first: it silences the warning of the same failure.
        for failure, severity in sorted(signs, key=lambda key: key[1] != "critical"):
            self._page(name, failure, severity, signs[failure, severity], args)
        self.register_outputs({})

    def _page(
        self,
        name: str,
        failure: str,
        severity: Severity,
        signs: Sequence[_Sign],
        args: InstanceAlarmsArgs,
    ) -> None:
        silenced: list[pulumi.Input[str]] = []
        graver = self.pages.get((failure, "critical"))
        if graver is not None:
            silenced.append(graver.alarm_name)
        if args.explained_by is not None and all(sign.suppressed_by for sign in signs):
            silenced.append(args.explained_by)
        instance = args.alarm_targets[0]
        topic = args.topic_arns[severity]
        self.pages[failure, severity] = cloudwatch.CompositeAlarm(
            f"{name}-{failure}-{severity}",
            alarm_name=f"{args.prefix}-{instance.key}-{failure}-{severity}",
            alarm_description=f"{severity.title()}: {failure} of {instance.store} "
            f"{instance.instance}. The alarms it is made of say what it means.",
            alarm_rule=pulumi.Output.all([sign.alarm.name for sign in signs], silenced).apply(
                lambda known: alarm_inputs.rule(known[0], known[1])
            ),
            alarm_actions=[topic],
            # An OK closes a page. A warning also ends by becoming critical.
            ok_actions=[topic] if severity == "critical" else [],
            opts=pulumi.ResourceOptions(parent=self),
        )
