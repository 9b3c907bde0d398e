"""What CloudWatch is told, pure: an alarm's inputs and the rules of composite alarms."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pulumi

from components.monitoring.alarm_target import AlarmTarget
from config.settings.alarms import Alarm, Severity

OPERATORS = {
    ">": "GreaterThanThreshold",
    ">=": "GreaterThanOrEqualToThreshold",
    "<": "LessThanThreshold",
    "<=": "LessThanOrEqualToThreshold",
}
RESULT = "result"
"""The id of an expression's own query."""


def metric_alarm(
    namespace: str, alarm: Alarm, severity: Severity, alarm_targets: AlarmTarget
) -> dict[str, Any] | None:
    """The inputs of the alarm but for its name; None where the severity has no threshold."""
    value = alarm.threshold(severity, alarm_targets.capacity)
    if value is None:
        return None
    return {
        "comparison_operator": OPERATORS[alarm.comparison],
        "threshold": value,
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints_to_alarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "treat_missing_data": alarm.treat_missing_data,
        "alarm_description": description(alarm, severity, value),
        **_source(namespace, alarm, alarm_targets),
    }


def _source(namespace: str, alarm: Alarm, alarm_targets: AlarmTarget) -> dict[str, Any]:
    # No unit: CloudWatch would then count figures of that unit only, and a metric that comes
    # with another one is an alarm that never rings.
    if alarm.expression is None:
        return {
            "namespace": namespace,
            "metric_name": alarm.metric,
            "dimensions": alarm_targets.dimensions,
            "period": alarm.period_s,
            "statistic": alarm.statistic,
        }
    queries: list[dict[str, Any]] = [
        {
            "id": name,
            "metric": {
                "namespace": namespace,
                "metric_name": metric,
                "dimensions": alarm_targets.dimensions,
                "period": alarm.period_s,
                "stat": alarm.statistic,
            },
        }
        for name, metric in alarm.metrics.items()
    ]
    expression: pulumi.Input[str] = alarm.expression
    if alarm_targets.variables:
        expression = pulumi.Output.format(alarm.expression, **alarm_targets.variables)
    result = {"id": RESULT, "expression": expression, "return_data": True}
    return {"metric_queries": [*queries, {**result, "label": alarm.expression}]}


def description(alarm: Alarm, severity: Severity, value: float) -> str:
    """What a person reads: the condition in the documented unit, then what it means."""
    shown = alarm.in_unit(value)
    what = alarm.metric or alarm.expression
    unit = {"count": "", "percent": " %", "seconds": " s"}.get(alarm.unit, f" {alarm.unit}")
    minutes = f"{alarm.evaluation_periods} x {alarm.period_s} s"
    if alarm.datapoints_to_alarm is not None:
        minutes = f"{alarm.datapoints_to_alarm} of {minutes}"
    condition = f"{alarm.statistic} of {what} {alarm.comparison} {shown:,.10g}{unit} for {minutes}"
    return f"{severity.title()}: {condition}. {alarm.runbook}"


def any_of(names: Sequence[str]) -> str:
    return " OR ".join(f'ALARM("{name}")' for name in names)


def rule(names: Sequence[str], silenced_by: Sequence[str]) -> str:
    """In alarm while one of these is, unless what explains them is in alarm itself."""
    unless = "".join(f' AND NOT ALARM("{name}")' for name in silenced_by)
    return f"({any_of(names)}){unless}" if unless else any_of(names)
