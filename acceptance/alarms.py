"""Compares the documented thresholds with the alarms that CloudWatch describes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from acceptance import documented
from engine.result import Check

Tried = Callable[[str, str, Callable[[], str]], Check]
SIGNS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
DIMENSION = "DBInstanceIdentifier"


def checks(
    environment: str, outputs: Mapping[str, Any], cloudwatch: Any, tried: Tried
) -> Iterator[Check]:
    figures = documented.INSTANCES.get(environment)
    if figures is None:  # not a documented environment: there are no figures to compare
        return
    primary = outputs["postgres"]["identifier"]
    replicas = [reader["identifier"] for reader in outputs["postgres"].get("readers") or ()]
    for metric, key in documented.KEY_METRICS.items():
        servers = replicas if key.of_replicas else [primary, *replicas]
        wanted = figures.read_replicas + (0 if key.of_replicas else 1)
        if wanted or servers:
            share = figures.iops / documented.INSTANCES["production"].iops if key.scaled else 1
            pair = _pair(key.comparison, key.warning * share, key.critical * share)
            expected = _on(pair, wanted)
            actual = partial(_figures, cloudwatch, metric, servers)
            yield tried(f"alarms on {metric}", expected, actual)


def _figures(cloudwatch: Any, metric: str, servers: Sequence[str]) -> str:
    """The thresholds and how many servers have them; each server's where they differ."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    found = [_of_server(alarms, metric, server) for server in servers]
    return _on(found[0], len(found)) if len(set(found)) == 1 else " / ".join(found) or "none"


def _of_server(alarms: Sequence[Mapping[str, Any]], metric: str, server: str) -> str:
    own = {
        alarm["AlarmName"].rpartition("-")[2]: alarm
        for alarm in alarms
        if _watched(alarm) == {(metric, server)}
    }
    if own.keys() != {"warning", "critical"}:
        return f"{server} has {' and '.join(own) or 'none'}"
    warning, critical = own["warning"], own["critical"]
    sign = SIGNS[critical["ComparisonOperator"]]
    return _pair(sign, warning["Threshold"], critical["Threshold"])


def _watched(alarm: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The metrics and servers of an alarm; an expression's are those of its queries."""
    stats = [
        query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query
    ]
    return {
        (metric.get("MetricName", ""), dimension["Value"])
        for metric in (stats or [alarm])
        for dimension in metric.get("Dimensions", ())
        if dimension["Name"] == DIMENSION
    }


def _on(pair: str, servers: int) -> str:
    return f"{pair} on {servers} server{'s' * (servers != 1)}"


def _pair(sign: str, warning: float, critical: float) -> str:
    return f"{sign} {warning:,.12g}, {sign} {critical:,.12g}"
