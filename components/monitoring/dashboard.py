"""The dashboard's body: alarm states on top, then one graph for each metric. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from components.monitoring.alarm_target import AlarmTarget
from config.settings.alarms import SEVERITIES, Alarm, Severity, TargetAlarms, TargetType

COLUMNS, WIDTH, HEIGHT = 24, 8, 6
ALARMS_PER_WIDGET = 100
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
    """`targets` have known dimensions and variables; `alarm_arns` are those of the pages."""
    widgets: list[Widget] = [_text(f"# {title}\nWhat is red pages somebody; orange warns.")]
    for severity in reversed(SEVERITIES):
        widgets += _states(severity, alarm_arns[severity])
    for store in dict.fromkeys(each.store for each in targets):
        widgets.append(_text(f"## {TITLES.get(store, store)}"))
        of_store = [each for each in targets if each.store == store]
        for target_type in dict.fromkeys(each.type for each in of_store):
            of_type = [each for each in of_store if each.type == target_type]
            metrics = catalog[target_type]
            for name, alarm in metrics.alarms.items():
                widgets.append(_graph(name, metrics.namespace, alarm, of_type, region))
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": list(_placed(widgets))}


def _placed(widgets: Sequence[Widget]) -> Iterator[Widget]:
    """Widgets side by side; one that does not fit starts a new row."""
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
        some = list(arns[start : start + ALARMS_PER_WIDGET])
        yield {
            "type": "alarm",
            "width": COLUMNS,
            "height": 2 + len(some) // 6,
            "properties": {"title": severity.title(), "alarms": some, "sortBy": "default"},
        }


def _graph(
    name: str, namespace: str, alarm: Alarm, targets: Sequence[AlarmTarget], region: str
) -> Widget:
    metrics = [
        line for index, each in enumerate(targets) for line in _lines(namespace, alarm, each, index)
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
    # query ids are shared by the whole widget, so each instance needs its own
    expression = (alarm.expression or "").format(**target.variables)
    for query, metric in alarm.metrics.items():
        own = f"{query}{index}"
        expression = _renamed(expression, query, own)
        yield [namespace, metric, *dimensions, {"id": own, "visible": False}]
    yield [{"expression": expression, "id": f"line{index}", "label": target.instance}]


def _renamed(expression: str, old: str, new: str) -> str:
    return re.sub(rf"\b{old}\b", new, expression)


def _thresholds(alarm: Alarm, target: AlarmTarget) -> Iterator[dict[str, Any]]:
    """Instances of one type have the same capacity, and so the same thresholds."""
    for severity in SEVERITIES:
        value = alarm.threshold(severity, target.capacity)
        if value is not None:
            yield {"value": value, "label": severity, "color": COLOURS[severity]}
