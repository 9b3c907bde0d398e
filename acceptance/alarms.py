"""Checks of the alarms: the documented thresholds, on every server that they concern."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

from acceptance import documented
from acceptance.attempt import check
from engine.result import Check

OPERATORS = {
    "GreaterThanThreshold": ">",
    "GreaterThanOrEqualToThreshold": ">=",
    "LessThanThreshold": "<",
    "LessThanOrEqualToThreshold": "<=",
}
DIMENSION = "DBInstanceIdentifier"


def checks(environment: str, outputs: Mapping[str, Any], cloudwatch: Any) -> Iterator[Check]:
    """One check per documented metric. The documentation has no figures for environments of the
    team's own."""
    figures = documented.INSTANCES.get(environment)
    if figures is None:
        return
    primary = outputs["postgres"]["identifier"]
    replicas = [reader["identifier"] for reader in outputs["postgres"].get("readers") or ()]
    for metric, row in documented.KEY_METRICS.items():
        servers = replicas if row.of_replicas else [primary, *replicas]
        expected_servers = figures.read_replicas + (0 if row.of_replicas else 1)
        if expected_servers or servers:
            scale = figures.iops / documented.INSTANCES["production"].iops if row.scaled else 1
            thresholds = _thresholds(row.comparison, row.warning * scale, row.critical * scale)
            yield check(
                f"alarms on {metric}",
                _on_servers(thresholds, expected_servers),
                partial(_actual, cloudwatch, metric, servers),
            )


def _actual(cloudwatch: Any, metric: str, servers: Sequence[str]) -> str:
    """The thresholds that all servers share; where they differ, each server's."""
    pages = cloudwatch.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"])
    alarms = [alarm for page in pages for alarm in page["MetricAlarms"]]
    found = [_of_server(alarms, metric, server) for server in servers]
    return (
        _on_servers(found[0], len(found)) if len(set(found)) == 1 else " / ".join(found) or "none"
    )


def _of_server(alarms: Sequence[Mapping[str, Any]], metric: str, server: str) -> str:
    own = {
        alarm["AlarmName"].rpartition("-")[2]: alarm
        for alarm in alarms
        if _metrics(alarm) == {(metric, server)}
    }
    if own.keys() != {"warning", "critical"}:
        return f"{server} has {' and '.join(own) or 'none'}"
    warning, critical = own["warning"], own["critical"]
    operator = OPERATORS[critical["ComparisonOperator"]]
    return _thresholds(operator, warning["Threshold"], critical["Threshold"])


def _metrics(alarm: Mapping[str, Any]) -> set[tuple[str, str]]:
    """The metrics and servers that an alarm evaluates, directly or in a metric math expression."""
    statistics = [
        query["MetricStat"]["Metric"] for query in alarm.get("Metrics", ()) if "MetricStat" in query
    ]
    return {
        (metric.get("MetricName", ""), dimension["Value"])
        for metric in (statistics or [alarm])
        for dimension in metric.get("Dimensions", ())
        if dimension["Name"] == DIMENSION
    }


def _on_servers(thresholds: str, servers: int) -> str:
    return f"{thresholds} on {servers} server{'s' * (servers != 1)}"


def _thresholds(operator: str, warning: float, critical: float) -> str:
    return f"warning {operator} {warning:,.12g}, critical {operator} {critical:,.12g}"
