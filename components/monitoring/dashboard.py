"""The dashboard's body, pure: what is wrong now on top, then a graph a metric with thresholds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from config.settings.alarms import SEVERITIES, Alarm, Capacity, Severity, TargetAlarms, TargetType

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


@dataclass(frozen=True)
class Shown:
    """What is watched, with its identifiers known."""

    store: str
    instance: str
    kind: TargetType
    dimensions: Mapping[str, str]
    capacity: Mapping[Capacity, float]
    variables: Mapping[str, int] = field(default_factory=dict)


Widget = dict[str, Any]


def body(
    title: str,
    region: str,
    catalog: Mapping[TargetType, TargetAlarms],
    shown: Sequence[Shown],
    alarm_arns: Mapping[Severity, Sequence[str]],
) -> dict[str, Any]:
    widgets: list[Widget] = [_text(f"# {title}\nWhat is red pages somebody; orange warns.")]
    for severity in reversed(SEVERITIES):
        widgets += _states(severity, alarm_arns[severity])
    for store in dict.fromkeys(each.store for each in shown):
        widgets.append(_text(f"## {TITLES.get(store, store)}"))
        of_store = [each for each in shown if each.store == store]
        for kind in dict.fromkeys(each.kind for each in of_store):
            of_kind = [each for each in of_store if each.kind == kind]
            watch = catalog[kind]
            for name, alarm in watch.alarms.items():
                widgets.append(_graph(name, watch.namespace, alarm, of_kind, region))
    return {"start": "-PT3H", "periodOverride": "inherit", "widgets": list(_placed(widgets))}


def _placed(widgets: Sequence[Widget]) -> Iterator[Widget]:
    """Side by side as far as the grid goes; what doesn't fit begins a row."""
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


def _graph(name: str, namespace: str, alarm: Alarm, shown: Sequence[Shown], region: str) -> Widget:
    metrics = [
        line for index, each in enumerate(shown) for line in _lines(namespace, alarm, each, index)
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
            "annotations": {"horizontal": list(_thresholds(alarm, shown[0]))},
        },
    }


def _lines(namespace: str, alarm: Alarm, shown: Shown, index: int) -> Iterator[list[Any]]:
    dimensions = [part for pair in shown.dimensions.items() for part in pair]
    if alarm.metric is not None:
        yield [namespace, alarm.metric, *dimensions, {"label": shown.instance}]
        return
    # ids are the widget's, not the line's: each instance numbers its own
    expression = (alarm.expression or "").format(**shown.variables)
    for query, metric in alarm.metrics.items():
        own = f"{query}{index}"
        expression = _renamed(expression, query, own)
        yield [namespace, metric, *dimensions, {"id": own, "visible": False}]
    yield [{"expression": expression, "id": f"line{index}", "label": shown.instance}]


def _renamed(expression: str, old: str, new: str) -> str:
    return re.sub(rf"\b{old}\b", new, expression)


def _thresholds(alarm: Alarm, shown: Shown) -> Iterator[dict[str, Any]]:
    """All instances of a kind have the same: they are of one size."""
    for severity in SEVERITIES:
        value = alarm.threshold(severity, shown.capacity)
        if value is not None:
            yield {"value": value, "label": severity, "color": COLOURS[severity]}
