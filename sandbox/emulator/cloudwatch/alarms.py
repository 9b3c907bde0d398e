"""Corrects moto's CloudWatch alarms and dashboards, and adds composite alarms.

Refuses the deletion of alarms that composite alarms depend on, invalid periods, windows and
actions, and invalid dashboard bodies. moto 5.2.5, checked 2026-11-24.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

from jsonschema import Draft7Validator
from moto.cloudwatch.exceptions import (
    DashboardInvalidInputError,
    InvalidParameterCombination,
    ResourceNotFound,
    ValidationError,
)
from moto.cloudwatch.models import CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult

from sandbox.emulator.cloudwatch import alarm_rule
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

DASHBOARD_SCHEMA = Path(__file__).with_name("dashboard.json")
PERIODS_BELOW_A_MINUTE = (10, 20, 30)
DAY = 24 * 3600
ACTIONS = ("alarm_actions", "ok_actions", "insufficient_data_actions")
MOST_ACTIONS = 5


class Alarms(dict[str, Any]):
    """Alarms by name; iterating over them tolerates concurrent additions."""

    def values(self) -> Any:
        return list(super().values())


def patch(_plane: DataPlane) -> None:
    CloudWatchResponse.put_composite_alarm = _put_composite

    # moto iterates over its alarms while other requests add some: "dictionary changed size".
    @wrap_method(CloudWatchBackend, "__init__")
    def begin(original: Method, backend: Any, *given: Any, **named: Any) -> None:
        original(backend, *given, **named)
        backend.alarms = Alarms()

    # moto accepts any alarm, and retags existing ones, which AWS leaves unchanged.
    @wrap_method(CloudWatchBackend, "put_metric_alarm")
    def put(original: Method, backend: Any, **named: Any) -> Any:
        if named.get("rule") is None:
            _check_type(backend, named["name"], composite=False)
            _check_evaluation(named)
            _check_queries(named)
        _check_actions(backend, named)
        return original(backend, **{**named, **_unchanged_tags(backend, named)})

    # moto ignores missing alarms, and deletes alarms that composite alarms depend on.
    @wrap_method(CloudWatchBackend, "delete_alarms")
    def delete(original: Method, backend: Any, alarm_names: list[str]) -> Any:
        _check_deletion(backend, alarm_names)
        for name in alarm_names:
            backend.tagger.delete_all_tags_for_resource(backend.alarms[name].alarm_arn)
        return original(backend, alarm_names)

    # moto returns alarms of all types; AWS returns metric alarms unless others are requested.
    @wrap_method(CloudWatchResponse, "describe_alarms")
    def describe(original: Method, response: Any) -> ActionResult:
        types = response._get_param("AlarmTypes") or ["MetricAlarm"]
        answer = original(response).result
        return ActionResult({f"{kind}s": answer[f"{kind}s"] for kind in types})

    # moto accepts any JSON as a dashboard.
    @wrap_method(CloudWatchResponse, "put_dashboard")
    def put_dashboard(original: Method, response: Any) -> ActionResult:
        _check_dashboard(response._get_param("DashboardBody"))
        answer: ActionResult = original(response)
        return answer


def _put_composite(response: Any) -> ActionResult:
    backend, name = response.cloudwatch_backend, response._get_param("AlarmName")
    rule = response._get_param("AlarmRule")
    _check_type(backend, name, composite=True)
    _check_rule(backend, name, rule)
    answer: ActionResult = response.put_metric_alarm()
    return answer


def _unchanged_tags(backend: Any, named: dict[str, Any]) -> dict[str, Any]:
    return {"tags": []} if named["name"] in backend.alarms else {}


def _check_type(backend: Any, name: str, *, composite: bool) -> None:
    existing = backend.alarms.get(name)
    if existing is not None and (existing.rule is not None) != composite:
        raise ValidationError(f"An alarm of another type already has the name {name}.")


def _check_evaluation(named: dict[str, Any]) -> None:
    period, periods = named.get("period"), named["evaluation_periods"]
    wanted = [period, *(_periods(named.get("metric_data_queries")))]
    for each in filter(None, wanted):
        if each not in PERIODS_BELOW_A_MINUTE and each % 60:
            raise ValidationError(f"Period must be 10, 20, 30 or a multiple of 60: {each}")
        if each * periods > DAY:
            raise ValidationError(
                "Metrics cannot be checked across more than a day "
                "(EvaluationPeriods * Period must be <= 86400)."
            )
    if (named.get("datapoints_to_alarm") or 0) > periods:
        raise ValidationError("DatapointsToAlarm must be less than or equal to EvaluationPeriods.")


def _periods(queries: Iterable[Any] | None) -> list[int]:
    return [q.metric_stat.period for q in queries or () if q.metric_stat is not None]


def _check_queries(named: dict[str, Any]) -> None:
    queries = named.get("metric_data_queries")
    if not queries:
        if not named.get("metric_name"):
            raise ValidationError("Exactly one of MetricName and Metrics is required.")
        if bool(named.get("statistic")) == bool(named.get("extended_statistic")):
            raise InvalidParameterCombination(
                "Exactly one of Statistic and ExtendedStatistic is required."
            )
        return
    # ReturnData defaults to true
    if sum(query.return_data is not False for query in queries) != 1:
        raise ValidationError("Exactly one element of the metrics list should return data.")


def _check_actions(backend: Any, named: dict[str, Any]) -> None:
    for actions in (named.get(each) or () for each in ACTIONS):
        if len(actions) > MOST_ACTIONS:
            raise ValidationError(f"An alarm has at most {MOST_ACTIONS} actions per state.")
        for action in actions:
            parts = action.split(":")
            if len(parts) < 6 or parts[0] != "arn":
                raise ValidationError(f"Invalid arn syntax: {action}")
            if parts[3] != backend.region_name:
                raise ValidationError(
                    f"Invalid region {parts[3]} specified. Only {backend.region_name} is supported."
                )


def _check_rule(backend: Any, name: str, rule: str) -> None:
    try:
        children = alarm_rule.children(rule)
    except alarm_rule.RuleError as error:
        raise ValidationError(f"AlarmRule: {error}") from None
    unknown = sorted(child for child in children if child not in backend.alarms)
    if unknown:
        raise ValidationError(
            f"Could not save the composite alarm as alarms [{', '.join(unknown)}] in the alarm "
            "rule do not exist"
        )
    if name in _dependencies(backend, children):
        raise ValidationError(f"The alarm {name} would depend on itself.")


def _dependencies(backend: Any, names: Iterable[str]) -> set[str]:
    """These alarms and all alarms that they depend on, directly or not."""
    reached: set[str] = set()
    ahead = list(names)
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += _children(backend, name)
    return reached


def _children(backend: Any, name: str) -> frozenset[str]:
    alarm = backend.alarms.get(name)
    return alarm_rule.children(alarm.rule) if alarm is not None and alarm.rule else frozenset()


def _check_deletion(backend: Any, names: list[str]) -> None:
    missing = sorted(set(names) - backend.alarms.keys())
    if missing:
        raise ResourceNotFound(f"Alarms [{', '.join(missing)}] do not exist")
    if sum(backend.alarms[name].rule is not None for name in names) > 1:
        raise ValidationError("At most one composite alarm can be deleted in one operation.")
    for name in names:
        above = [each for each in backend.alarms if name in _children(backend, each)]
        if set(above) - set(names):
            raise ValidationError(
                f"Cannot delete {name} as there are composite alarm(s) depending on it."
            )


@cache
def _dashboard() -> Draft7Validator:
    return Draft7Validator(json.loads(DASHBOARD_SCHEMA.read_text("utf-8")))


def _check_dashboard(body: str) -> None:
    try:
        document = json.loads(body)
    except ValueError:
        raise DashboardInvalidInputError("Body is invalid JSON") from None
    for error in _dashboard().iter_errors(document):
        place = "/".join(map(str, error.absolute_path))
        raise DashboardInvalidInputError(f"/{place}: {error.message[:200]}")
