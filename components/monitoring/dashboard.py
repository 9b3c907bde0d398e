"""Renders the body of the CloudWatch dashboard: alarm states, then a graph per metric."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.monitoring.alarm_target import AlarmTarget
from config.settings.alarms import SEVERITIES, Alarm, Severity, TargetAlarms, TargetType

COLUMNS, WIDTH, HEIGHT = 24, 8, 6
"""The dashboard's grid is 24 units wide; a graph takes 8 x 6 units."""
ALARMS_PER_WIDGET = 100
"""CloudWatch's limit."""
COLOURS: Mapping[Severity, str] = {"warning": "#ff7f0e", "critical": "#d62728"}
TITLES: Mapping[str, str] = {
    "postgres": "PostgreSQL",
    "redis": "Redis",
    "clickhouse": "ClickHouse",
    "pgbouncer": "PgBouncer",
    "backups": "Backups",
    "tls": "Certificates",
}


Widget = dict[str, Any]


def body(
    title: str,
    region: str,
    catalog: Mapping[TargetType, TargetAlarms],
    targets: Sequence[AlarmTarget],
    alarm_arns: Mapping[Severity, Sequence[str]],
) -> dict[str, Any]:
    """The dashboard. Dimensions and variables of `targets` must be resolved; `alarm_arns` are the
    composite alarms by severity."""
    widgets: list[Widget] = [_text(f"# {title}\nRed alarms page the on-call; orange alarms warn.")]
    for severity in reversed(SEVERITIES):
        widgets += _states(severity, alarm_arns[severity])
    for store in dict.fromkeys(target.store for target in targets):
        widgets.append(_text(f"## {TITLES.get(store, store)}"))
        store_targets = [target for target in targets if target.store == store]
        for target_type in dict.fromkeys(target.type for target in store_targets):
            type_targets = [target for target in store_targets if target.type == target_type]
            metrics = catalog[target_type]
            for name, alarm in metrics.alarms.items():
                widgets.append(_graph(name, metrics.namespace, alarm, type_targets, region))
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": list(_placed(widgets))}


def _placed(widgets: Sequence[Widget]) -> Iterator[Widget]:
    """The widgets with positions, side by side. A widget that does not fit starts a new row."""
    x = y = tallest = 0
    for widget in widgets:
        if x + widget["width"] > COLUMNS:
            x, y, tallest = 0, y + tallest, 0
        yield {**widget, "x": x, "y": y}
        x += widget["width"]
        tallest = max(tallest, widget["height"])


def _text(markdown: str) -> Widget:
    lines = len(markdown.splitlines())
    return {
        "type": "text",
        "width": COLUMNS,
        "height": lines,
        "properties": {"markdown": markdown, "background": "transparent"},
    }


def _states(severity: Severity, arns: Sequence[str]) -> Iterator[Widget]:
    for start in range(0, len(arns), ALARMS_PER_WIDGET):
        widget_arns = list(arns[start : start + ALARMS_PER_WIDGET])
        yield {
            "type": "alarm",
            "width": COLUMNS,
            "height": 2 + len(widget_arns) // 6,
            "properties": {"title": severity.title(), "alarms": widget_arns, "sortBy": "default"},
        }


def _graph(
    name: str, namespace: str, alarm: Alarm, targets: Sequence[AlarmTarget], region: str
) -> Widget:
    metrics = [
        line
        for index, target in enumerate(targets)
        for line in _lines(namespace, alarm, target, index)
    ]
    return {
        "type": "metric",
        "width": WIDTH,
        "height": HEIGHT,
        "properties": {
            "title": f"{name.replace('-', ' ')} ({alarm.unit})",
            "view": "timeSeries",
            "region": region,
            "stat": alarm.statistic,
            "period": alarm.period_s,
            "metrics": metrics,
            "yAxis": {"left": {"min": 0, "showUnits": False}},
            "annotations": {"horizontal": list(_thresholds(alarm, targets[0]))},
        },
    }


def _lines(namespace: str, alarm: Alarm, target: AlarmTarget, index: int) -> Iterator[list[Any]]:
    dimensions = [part for pair in target.dimensions.items() for part in pair]
    if alarm.metric is not None:
        yield [namespace, alarm.metric, *dimensions, {"label": target.instance}]
        return
    # Query ids must be unique within a widget, so those of each target get its index.
    expression = (alarm.expression or "").format(**target.variables)
    for query, metric in alarm.metrics.items():
        query_id = f"{query}{index}"
        expression = re.sub(rf"\b{query}\b", query_id, expression)
        yield [namespace, metric, *dimensions, {"id": query_id, "visible": False}]
    yield [{"expression": expression, "id": f"line{index}", "label": target.instance}]


def _thresholds(alarm: Alarm, target: AlarmTarget) -> Iterator[dict[str, Any]]:
    """Threshold lines. One target stands for all of its type: they have the same capacity."""
    for severity in SEVERITIES:
        value = alarm.threshold(severity, target.capacity)
        if value is not None:
            yield {"value": value, "label": severity, "color": COLOURS[severity]}
