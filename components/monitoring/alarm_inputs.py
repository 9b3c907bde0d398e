"""Inputs of CloudWatch metric alarms and rules of composite alarms. Pure functions."""

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
"""The id of the query that holds an alarm's expression."""


def metric_alarm(
    namespace: str, alarm: Alarm, severity: Severity, target: AlarmTarget
) -> dict[str, Any] | None:
    """The alarm's inputs except its name; None if the severity has no threshold."""
    value = alarm.threshold(severity, target.capacity)
    if value is None:
        return None
    return {
        "comparison_operator": OPERATORS[alarm.comparison],
        "threshold": value,
        "evaluation_periods": alarm.evaluation_periods,
        "datapoints_to_alarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "treat_missing_data": alarm.treat_missing_data,
        "alarm_description": description(alarm, severity, value),
        **_source(namespace, alarm, target),
    }


def _source(namespace: str, alarm: Alarm, target: AlarmTarget) -> dict[str, Any]:
    # Without a unit: CloudWatch ignores data points in other units, so an alarm with a wrong unit
    # would never fire.
    if alarm.expression is None:
        return {
            "namespace": namespace,
            "metric_name": alarm.metric,
            "dimensions": target.dimensions,
            "period": alarm.period_s,
            "statistic": alarm.statistic,
        }
    queries: list[dict[str, Any]] = [
        {
            "id": name,
            "metric": {
                "namespace": namespace,
                "metric_name": metric,
                "dimensions": target.dimensions,
                "period": alarm.period_s,
                "stat": alarm.statistic,
            },
        }
        for name, metric in alarm.metrics.items()
    ]
    expression: pulumi.Input[str] = alarm.expression
    if target.variables:
        expression = pulumi.Output.format(alarm.expression, **target.variables)
    result = {"id": RESULT, "expression": expression, "return_data": True}
    return {"metric_queries": [*queries, {**result, "label": alarm.expression}]}


def description(alarm: Alarm, severity: Severity, value: float) -> str:
    """The alarm's condition in the unit of the settings, then its runbook."""
    threshold_in_unit = alarm.in_unit(value)
    metric = alarm.metric or alarm.expression
    unit = {"count": "", "percent": " %", "seconds": " s"}.get(alarm.unit, f" {alarm.unit}")
    periods = f"{alarm.evaluation_periods} x {alarm.period_s} s"
    if alarm.datapoints_to_alarm is not None:
        periods = f"{alarm.datapoints_to_alarm} of {periods}"
    condition = (
        f"{alarm.statistic} of {metric} {alarm.comparison} {threshold_in_unit:,.10g}{unit} "
        f"for {periods}"
    )
    return f"{severity.title()}: {condition}. {alarm.runbook}"


def any_of(names: Sequence[str]) -> str:
    """The rule of an alarm that fires while any of the named alarms does."""
    return " OR ".join(f'ALARM("{name}")' for name in names)


def composite_rule(names: Sequence[str], suppressed_by: Sequence[str]) -> str:
    """The rule of an alarm that fires while one of `names` does and none of `suppressed_by`."""
    unless = "".join(f' AND NOT ALARM("{name}")' for name in suppressed_by)
    return f"({any_of(names)}){unless}" if unless else any_of(names)
