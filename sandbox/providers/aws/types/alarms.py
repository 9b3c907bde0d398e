"""Alarms on metrics, whose dimensions and queries the provider writes otherwise than the API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties


class MetricAlarm(AwsResourceType):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        queries, metric = inputs.get("metricQueries"), inputs.get("metricName")
        if bool(queries) == bool(metric):
            found.append(("metricName", "give metricName or metricQueries, one of the two"))
        if metric and not inputs.get("statistic"):
            found.append(("statistic", "missing: a metric is watched by a statistic"))
        return found

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "metricQueries":
            return _by_id(actual) == _by_id([_read(_sent(each)) for each in desired])
        return super().same(name, actual, desired)

    def creation(self, scope: Scope, call: Operation) -> dict[str, Any]:
        return {**super().creation(scope, call), **_measured(scope.values)}

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        sent = self.sent(scope.values) & self.inputs
        scope.run(Operation("put_metric_alarm"), sent, **_measured(scope.values))

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        return {
            **super().describe(aws, resource_id, item, state),
            # every type of alarm has these as lists, empty ones too
            "dimensions": _mapping(item.get("dimensions")),
            "metricQueries": [_read(query) for query in item.get("metrics", ())],
        }


def _measured(inputs: Properties) -> dict[str, Any]:
    """What an alarm is about: queries, or a metric with its dimensions."""
    queries = [_sent(query) for query in inputs.get("metricQueries") or ()]
    dimensions = None if queries else _list(inputs.get("dimensions"))
    return {"Metrics": queries or None, "Dimensions": dimensions}


def _list(dimensions: Mapping[str, str] | None) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in sorted((dimensions or {}).items())]


def _mapping(dimensions: list[dict[str, str]] | None) -> dict[str, str]:
    return {each["name"]: each["value"] for each in dimensions or []}


_METRIC = ("namespace", "metricName", "dimensions")


def _sent(query: Mapping[str, Any]) -> dict[str, Any]:
    """A query with its metric arranged as in the API."""
    names = ("id", "expression", "label", "period")
    sent = {name: query[name] for name in names if query.get(name)}
    sent["returnData"] = bool(query.get("returnData"))
    if metric := query.get("metric"):
        about = {name: metric.get(name) for name in _METRIC}
        about["dimensions"] = _list(metric.get("dimensions"))
        how = {name: metric.get(name) or None for name in ("period", "stat", "unit")}
        sent["metricStat"] = {"metric": about, **how}
    return sent


def _read(query: Mapping[str, Any]) -> dict[str, Any]:
    """A query of the API's as programs write it, without what is unset."""
    names = ("id", "expression", "label", "period")
    read = {name: query[name] for name in names if query.get(name) is not None}
    if query.get("returnData"):
        read["returnData"] = True
    if found := query.get("metricStat"):
        metric = {
            **found["metric"],
            **{name: found.get(name) for name in ("period", "stat", "unit")},
        }
        metric["dimensions"] = _mapping(metric.get("dimensions"))
        read["metric"] = {name: value for name, value in metric.items() if value}
    return read


def _by_id(queries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {query["id"]: query for query in queries}
