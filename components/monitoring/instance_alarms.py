"""The alarms of one instance: metric alarms for its symptoms, and composite alarms ("pages"), which
send one notification per failure however many symptoms it has."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch

from components.monitoring import alarm_inputs
from components.monitoring.alarm_target import AlarmTarget
from config.settings.alarms import SEVERITIES, Alarm, Severity, TargetAlarms, TargetType

Pages = dict[tuple[str, Severity], cloudwatch.CompositeAlarm]
"""Composite alarms by failure and severity."""


@dataclass(frozen=True, kw_only=True)
class InstanceAlarmsArgs:
    prefix: str
    targets: Sequence[AlarmTarget]
    """The instance, once per type of target."""
    catalog: Mapping[TargetType, TargetAlarms]
    topic_arns: Mapping[Severity, pulumi.Input[str]]
    suppressor: pulumi.Input[str] | None
    """The name of the alarm that suppresses pages of targets with `suppressed_by`."""


@dataclass(frozen=True)
class _Symptom:
    alarm: cloudwatch.MetricAlarm
    suppressible: bool


class InstanceAlarms(pulumi.ComponentResource):
    """A metric alarm per metric and severity, and a composite alarm per failure and severity. Only
    the composite alarms publish to a topic."""

    pages: Pages

    def __init__(
        self, name: str, args: InstanceAlarmsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:InstanceAlarms", name, None, opts)
        self._name, self._args = name, args
        self.pages = {}
        symptoms: dict[tuple[str, Severity], list[_Symptom]] = {}
        for target in args.targets:
            for alarm_name, alarm in args.catalog[target.type].alarms.items():
                for severity in SEVERITIES:
                    metric_alarm = self._metric_alarm(target, alarm_name, alarm, severity)
                    if metric_alarm is not None:
                        symptom = _Symptom(metric_alarm, target.suppressed_by is not None)
                        symptoms.setdefault((alarm.failure, severity), []).append(symptom)
        # Critical pages first, because they suppress the warning of the same failure.
        for failure, severity in sorted(symptoms, key=lambda key: key[1] != "critical"):
            self._page(failure, severity, symptoms[failure, severity])
        self.register_outputs({})

    def _metric_alarm(
        self, target: AlarmTarget, alarm_name: str, alarm: Alarm, severity: Severity
    ) -> cloudwatch.MetricAlarm | None:
        namespace = self._args.catalog[target.type].namespace
        inputs = alarm_inputs.metric_alarm(namespace, alarm, severity, target)
        if inputs is None:
            return None
        return cloudwatch.MetricAlarm(
            f"{self._name}-{alarm_name}-{severity}",
            name=f"{self._args.prefix}-{target.key}-{alarm_name}-{severity}",
            **inputs,
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _page(self, failure: str, severity: Severity, symptoms: Sequence[_Symptom]) -> None:
        args = self._args
        suppressors: list[pulumi.Input[str]] = []
        critical = self.pages.get((failure, "critical"))
        if critical is not None:
            suppressors.append(critical.alarm_name)
        if args.suppressor is not None and all(symptom.suppressible for symptom in symptoms):
            suppressors.append(args.suppressor)
        instance, topic = args.targets[0], args.topic_arns[severity]
        self.pages[failure, severity] = cloudwatch.CompositeAlarm(
            f"{self._name}-{failure}-{severity}",
            alarm_name=f"{args.prefix}-{instance.key}-{failure}-{severity}",
            alarm_description=f"{severity.title()}: {failure} of {instance.store} "
            f"{instance.instance}. Its metric alarms describe what to do.",
            alarm_rule=pulumi.Output.all(
                [symptom.alarm.name for symptom in symptoms], suppressors
            ).apply(lambda names: alarm_inputs.composite_rule(names[0], names[1])),
            alarm_actions=[topic],
            # OK closes an incident. Warnings send none: they also go to OK on becoming critical.
            ok_actions=[topic] if severity == "critical" else [],
            opts=pulumi.ResourceOptions(parent=self),
        )
