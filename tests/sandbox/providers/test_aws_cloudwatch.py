"""Alarms over the provider's protocol: what replaces them, what is equal, what is refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

METRIC = "aws:cloudwatch/metricAlarm:MetricAlarm"
COMPOSITE = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
SUBSCRIPTION = "aws:sns/topicSubscription:TopicSubscription"


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1") as speaking:
        yield speaking


def wanted(**changes: Any) -> Properties:
    return {
        "name": "busy",
        "comparisonOperator": "GreaterThanThreshold",
        "evaluationPeriods": 5,
        "metricName": "CPUUtilization",
        "namespace": "AWS/RDS",
        "dimensions": {"DBInstanceIdentifier": "server"},
        "period": 60,
        "statistic": "Average",
        "threshold": 90,
        **changes,
    }


def math(*order: str) -> Properties:
    """An alarm on reads and writes, whose queries come in this order."""
    queries: dict[str, Any] = {
        name: {
            "id": name,
            "metric": {"metricName": metric, "namespace": "AWS/RDS", "period": 60, "stat": "Sum"},
        }
        for name, metric in (("reads", "ReadIOPS"), ("writes", "WriteIOPS"))
    }
    queries["sum"] = {"id": "sum", "expression": "reads + writes", "returnData": True}
    return {
        "name": "many",
        "comparisonOperator": "GreaterThanOrEqualToThreshold",
        "evaluationPeriods": 5,
        "threshold": 12000,
        "metricQueries": [queries[name] for name in order],
    }


@pytest.fixture
def alarm(aws: Engine) -> Iterator[Live]:
    live = aws.create(METRIC, wanted())
    yield live
    aws.delete(live)


@pytest.mark.parametrize(
    ("changes", "path", "replaces"),
    [
        ({"threshold": 95}, "threshold", False),
        ({"dimensions": {"DBInstanceIdentifier": "other"}}, None, False),
        ({"treatMissingData": "breaching"}, "treatMissingData", False),
        ({"name": "busier"}, "name", True),
    ],
    ids=["threshold", "dimensions", "missing data", "name"],
)
def test_only_another_name_is_another_alarm(
    aws: Engine, alarm: Live, changes: Properties, path: str | None, replaces: bool
) -> None:
    paths, replaced = aws.diff(alarm, wanted(**changes))
    assert path is None or path in paths
    assert paths
    assert bool(replaced) == replaces


def test_an_alarm_is_changed_in_place_as_a_whole(aws: Engine, alarm: Live) -> None:
    changed = aws.update(alarm, wanted(threshold=95, datapointsToAlarm=3))
    assert (changed.state["threshold"], changed.state["datapointsToAlarm"]) == (95, 3)
    assert aws.drift(changed) == set()
    back = aws.update(changed, wanted())
    assert not back.state.get("datapointsToAlarm")
    assert aws.drift(back) == set()


def test_the_order_of_queries_means_nothing_and_their_content_does(aws: Engine) -> None:
    live = aws.create(METRIC, math("sum", "reads", "writes"))
    assert aws.diff(live, math("writes", "sum", "reads"))[0] == set()
    other = math("sum", "reads", "writes")
    other["metricQueries"][0] = {**other["metricQueries"][0], "expression": "reads"}
    assert aws.diff(live, other)[0]
    aws.delete(live)


def test_a_composite_outlives_none_of_its_alarms(aws: Engine, alarm: Live) -> None:
    composite = aws.create(COMPOSITE, {"alarmName": "page", "alarmRule": 'ALARM("busy")'})
    with pytest.raises(ProviderError, match="composite alarm"):
        aws.delete(alarm)
    paths, replaced = aws.diff(
        composite, {"alarmName": "page", "alarmRule": 'ALARM("busy")', "actionsEnabled": False}
    )
    assert paths == replaced == {"actionsEnabled"}
    assert aws.diff(composite, {"alarmName": "page", "alarmRule": "FALSE"}) == (
        {"alarmRule"},
        set(),
    )
    aws.delete(composite)


def test_a_composite_of_an_alarm_that_is_not_there_is_not_made(aws: Engine) -> None:
    with pytest.raises(ProviderError, match="do not exist"):
        aws.create(COMPOSITE, {"alarmName": "page", "alarmRule": 'ALARM("nothing")'})


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"metricName": None}, "metricName"),
        ({"statistic": None}, "statistic"),
        ({"comparisonOperator": "MoreThan"}, "comparisonOperator"),
        ({"evaluationPeriods": None}, "evaluationPeriods"),
        ({"alarmDescription": "x" * 1025}, "alarmDescription"),
        ({"treshold": 90}, "treshold"),
    ],
    ids=["no metric", "no statistic", "no such operator", "no periods", "too long", "misspelt"],
)
def test_an_alarm_that_can_not_be_is_refused_before_anything_is_made(
    aws: Engine, changes: Properties, named: str
) -> None:
    inputs = {name: value for name, value in wanted(**changes).items() if value is not None}
    _, failures = aws.check(METRIC, inputs)
    assert named in failures


def test_another_address_is_another_subscription(aws: Engine) -> None:
    topic = aws.create("aws:sns/topic:Topic", {"name": "pages"})
    inputs = {"topic": topic.id, "protocol": "email", "endpoint": "oncall@example.com"}
    live = aws.create(SUBSCRIPTION, inputs)
    assert live.id.startswith(f"{topic.id}:")
    assert aws.drift(live) == set()
    other = {**inputs, "endpoint": "others@example.com"}
    assert aws.diff(live, other) == ({"endpoint"}, {"endpoint"})
    aws.delete(live)
    assert aws.read(live) is None
    aws.delete(topic)
