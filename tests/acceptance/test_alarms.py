"""The check of documented thresholds after `up`, against the alarms that the program makes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from acceptance import alarms as alarm_checks
from acceptance import documented
from engine.result import Check
from tests.components.monitoring.test_alarms import ENVIRONMENTS, METRIC
from tests.components.recording import ROOT, Run, run_program

Alarm = dict[str, Any]


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


def described(inputs: Mapping[str, Any]) -> Alarm:
    """An alarm as CloudWatch describes what the program asked for."""

    def metric(of: Mapping[str, Any]) -> dict[str, Any]:
        dimensions = of.get("dimensions", {})
        named = [{"Name": name, "Value": value} for name, value in dimensions.items()]
        return {"MetricName": of["metricName"], "Dimensions": named}

    alarm = {
        "AlarmName": inputs["name"],
        "ComparisonOperator": inputs["comparisonOperator"],
        "Threshold": float(inputs["threshold"]),
    }
    if "metricName" in inputs:
        return {**alarm, **metric(inputs)}
    queries = [
        {"MetricStat": {"Metric": metric(query["metric"])}} if "metric" in query else {}
        for query in inputs["metricQueries"]
    ]
    return {**alarm, "Metrics": queries}


class CloudWatch:
    """Describes these alarms, one a page."""

    def __init__(self, alarms: list[Alarm]) -> None:
        self.alarms = alarms

    def get_paginator(self, call: str) -> CloudWatch:
        assert call == "describe_alarms"
        return self

    def paginate(self, **arguments: Any) -> list[dict[str, list[Alarm]]]:
        assert arguments == {"AlarmTypes": ["MetricAlarm"]}
        return [{"MetricAlarms": [alarm]} for alarm in self.alarms]


def checks(environment: str, main: Run, alarms: list[Alarm], **outputs: Any) -> dict[str, Check]:
    """`outputs` in place of the program's own."""
    stated = {**main.outputs, **outputs}
    done = alarm_checks.checks(environment, stated, CloudWatch(alarms))
    return {check.name: check for check in done}


@pytest.fixture
def alarms(main: Run) -> list[Alarm]:
    return [described(alarm.inputs) for alarm in main.all(METRIC)]


def test_what_the_program_makes_is_as_documented(
    environment: str, main: Run, alarms: list[Alarm]
) -> None:
    done = checks(environment, main, alarms)
    _, replicas = ENVIRONMENTS[environment]
    assert set(done) == {
        f"alarms on {metric}"
        for metric, key in documented.KEY_METRICS.items()
        if replicas or not key.of_replicas
    }
    assert [check for check in done.values() if not check.passed] == []


def test_a_changed_threshold_is_red(environment: str, main: Run, alarms: list[Alarm]) -> None:
    (changed,) = (a for a in alarms if a["AlarmName"].endswith("primary-cpu-critical"))
    changed["Threshold"] = 99.0
    red = [check.name for check in checks(environment, main, alarms).values() if not check.passed]
    assert red == ["alarms on CPUUtilization"]


def test_a_missing_alarm_is_red_and_named(environment: str, main: Run, alarms: list[Alarm]) -> None:
    kept = [a for a in alarms if not a["AlarmName"].endswith("primary-connections-warning")]
    check = checks(environment, main, kept)["alarms on DatabaseConnections"]
    assert not check.passed
    assert f"nexusflow-{environment} has critical" in check.actual


@pytest.mark.parametrize("readers", [0, 1])
def test_fewer_replicas_than_documented_are_red_though_those_there_have_their_alarms(
    readers: int,
) -> None:
    main = run_program(ROOT, "production")
    alarms = [described(alarm.inputs) for alarm in main.all(METRIC)]
    postgres = {
        **main.outputs["postgres"],
        "readers": main.outputs["postgres"]["readers"][:readers],
    }
    done = checks("production", main, alarms, postgres=postgres)
    assert [check for check in done.values() if check.passed] == []
    assert done["alarms on ReplicaLag"].actual == (
        "warning > 10, critical > 60 on 1 server" if readers else "none"
    )


def test_a_replica_more_than_documented_is_red(main: Run, alarms: list[Alarm]) -> None:
    readers = [{"identifier": "nexusflow-staging"}]
    postgres = {**main.outputs["postgres"], "readers": readers}
    lag = checks("staging", main, alarms, postgres=postgres)["alarms on ReplicaLag"]
    assert lag.expected == "warning > 10, critical > 60 on 0 servers"
    assert not lag.passed


def test_an_environment_of_the_teams_own_has_no_documented_figures(main: Run) -> None:
    assert checks("development", main, []) == {}
