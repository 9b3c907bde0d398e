"""The estate's alarms, one of each form, its dashboard and its subscription."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3

from sandbox.providers.wire import Properties
from tests.sandbox.providers.engine_client import Live

DASHBOARD = json.dumps(
    {"widgets": [{"type": "text", "width": 24, "properties": {"markdown": "# The estate"}}]}
)


def build(make: Callable[..., Live], prefix: str, topic: Live) -> None:
    metric = make(
        "metric-alarm",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        name=f"{prefix}-cpu",
        alarmDescription="busy",
        comparisonOperator="GreaterThanThreshold",
        evaluationPeriods=5,
        datapointsToAlarm=3,
        metricName="CPUUtilization",
        namespace="AWS/RDS",
        dimensions={"DBInstanceIdentifier": prefix},
        period=60,
        statistic="Average",
        threshold=70,
        unit="Percent",
        treatMissingData="breaching",
        alarmActions=[topic.id],
        okActions=[topic.id],
        insufficientDataActions=[topic.id],
    )
    queries = [
        {
            "id": name,
            "metric": {
                "namespace": "AWS/RDS",
                "metricName": metric_name,
                "dimensions": {"DBInstanceIdentifier": prefix},
                "period": 60,
                "stat": "Average",
            },
        }
        for name, metric_name in (("writes", "WriteIOPS"), ("reads", "ReadIOPS"))
    ]
    make(
        "math-alarm",
        "aws:cloudwatch/metricAlarm:MetricAlarm",
        name=f"{prefix}-iops",
        comparisonOperator="GreaterThanOrEqualToThreshold",
        evaluationPeriods=5,
        threshold=12000,
        metricQueries=[
            *queries,
            {"id": "sum", "expression": "reads + writes", "label": "all", "returnData": True},
        ],
    )
    make(
        "composite-alarm",
        "aws:cloudwatch/compositeAlarm:CompositeAlarm",
        alarmName=f"{prefix}-overload",
        alarmDescription="one page",
        alarmRule=f'ALARM("{metric.id}") OR ALARM("{prefix}-iops")',
        alarmActions=[topic.id],
        okActions=[topic.id],
        insufficientDataActions=[topic.id],
    )
    make(
        "dashboard",
        "aws:cloudwatch/dashboard:Dashboard",
        dashboardName=prefix,
        dashboardBody=DASHBOARD,
    )
    make(
        "subscription",
        "aws:sns/topicSubscription:TopicSubscription",
        topic=topic.id,
        protocol="email",
        endpoint="oncall@example.com",
    )


Change = Callable[[Properties], Any]
BY_HAND = "changed by hand"
PUT_ARGUMENTS = frozenset(
    """AlarmName AlarmDescription ActionsEnabled OKActions AlarmActions InsufficientDataActions
    MetricName Namespace Statistic Dimensions Period Unit EvaluationPeriods DatapointsToAlarm
    Threshold ComparisonOperator TreatMissingData Metrics AlarmRule""".split()  # noqa: SIM905 - a table of words
)


def _client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def _put(kind: str, call: str, name: str, **to: Any) -> Change:
    """CloudWatch replaces an alarm as a whole: this puts what is there with some values changed.

    Raises ValueError if the alarm has these values already: then nothing would change.
    """

    def change(state: Properties) -> None:
        cloudwatch = _client("cloudwatch")
        answer = cloudwatch.describe_alarms(AlarmNames=[state[name]], AlarmTypes=[kind])
        (now,) = answer[f"{kind}s"]
        kept = {key: value for key, value in now.items() if key in PUT_ARGUMENTS}
        wanted = {key: value(kept) if callable(value) else value for key, value in to.items()}
        if kept == {**kept, **wanted}:
            raise ValueError(f"{state[name]} has {wanted} already")
        getattr(cloudwatch, call)(**{**kept, **wanted})

    return change


def _metric(**to: Any) -> Change:
    return _put("MetricAlarm", "put_metric_alarm", "name", **to)


def _composite(**to: Any) -> Change:
    return _put("CompositeAlarm", "put_composite_alarm", "alarmName", **to)


def _other(key: str, *values: Any) -> Callable[[dict[str, Any]], Any]:
    """The first of the values that the alarm doesn't have."""
    return lambda now: next(value for value in values if value != now.get(key))


def _other_actions(kind: str) -> Callable[[dict[str, Any]], list[str]]:
    """None where there are some, and one where there is none."""
    return lambda now: [] if now.get(kind) else ["arn:aws:sns:us-east-1:123456789012:by-hand"]


def _other_expression(now: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {**query, **({"Expression": "reads * 2 + writes"} if "Expression" in query else {})}
        for query in now["Metrics"]
    ]


def _tagged(state: Properties) -> None:
    _client("cloudwatch").tag_resource(
        ResourceARN=state["arn"], Tags=[{"Key": "Project", "Value": BY_HAND}]
    )


def _another_widget(state: Properties) -> None:
    body = json.loads(state["dashboardBody"])
    body["widgets"].append({"type": "text", "properties": {"markdown": BY_HAND}})
    _client("cloudwatch").put_dashboard(
        DashboardName=state["dashboardName"], DashboardBody=json.dumps(body)
    )


def _raw(state: Properties) -> None:
    _client("sns").set_subscription_attributes(
        SubscriptionArn=state["arn"], AttributeName="RawMessageDelivery", AttributeValue="true"
    )


CHANGES: dict[str, dict[str, Change]] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": {
        "comparisonOperator": _metric(
            ComparisonOperator=_other(
                "ComparisonOperator", "LessThanThreshold", "GreaterThanThreshold"
            )
        ),
        "evaluationPeriods": _metric(EvaluationPeriods=_other("EvaluationPeriods", 6, 7)),
        "datapointsToAlarm": _metric(DatapointsToAlarm=1),
        "metricName": _metric(MetricName=_other("MetricName", "FreeableMemory", "CPUUtilization")),
        "namespace": _metric(Namespace=_other("Namespace", "AWS/EC2", "AWS/RDS")),
        "dimensions": _metric(Dimensions=[{"Name": "DBInstanceIdentifier", "Value": "another"}]),
        "period": _metric(Period=_other("Period", 300, 60)),
        "statistic": _metric(Statistic=_other("Statistic", "Maximum", "Minimum")),
        "threshold": _metric(Threshold=_other("Threshold", 99.5, 98.5)),
        "metricQueries": _metric(Metrics=_other_expression),
        "treatMissingData": _metric(
            TreatMissingData=_other("TreatMissingData", "ignore", "missing")
        ),
        "unit": _metric(Unit=_other("Unit", "Bytes", "Count")),
        "actionsEnabled": lambda state: _client("cloudwatch").disable_alarm_actions(
            AlarmNames=[state["name"]]
        ),
        "alarmActions": _metric(AlarmActions=_other_actions("AlarmActions")),
        "okActions": _metric(OKActions=_other_actions("OKActions")),
        "insufficientDataActions": _metric(
            InsufficientDataActions=_other_actions("InsufficientDataActions")
        ),
        "alarmDescription": _metric(AlarmDescription=BY_HAND),
        "tags": _tagged,
    },
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": {
        "alarmRule": _composite(AlarmRule="FALSE"),
        "alarmActions": _composite(AlarmActions=_other_actions("AlarmActions")),
        "okActions": _composite(OKActions=_other_actions("OKActions")),
        "insufficientDataActions": _composite(
            InsufficientDataActions=_other_actions("InsufficientDataActions")
        ),
        "alarmDescription": _composite(AlarmDescription=BY_HAND),
        "tags": _tagged,
    },
    "aws:cloudwatch/dashboard:Dashboard": {"dashboardBody": _another_widget},
    "aws:sns/topicSubscription:TopicSubscription": {"rawMessageDelivery": _raw},
}


def _cloudwatch() -> Any:
    return boto3.client("cloudwatch", region_name="us-east-1")


OF_SCALING = "TargetTracking-"
"""How Application Auto Scaling calls the alarms that a policy makes by itself."""


def _alarms(kind: str) -> Callable[[], set[str]]:
    def listed() -> set[str]:
        pages = _cloudwatch().get_paginator("describe_alarms").paginate(AlarmTypes=[kind])
        names = (item["AlarmName"] for page in pages for item in page[f"{kind}s"])
        return {name for name in names if not name.startswith(OF_SCALING)}

    return listed


def _dashboards() -> set[str]:
    pages = _cloudwatch().get_paginator("list_dashboards").paginate()
    return {item["DashboardName"] for page in pages for item in page["DashboardEntries"]}


def _subscriptions() -> set[str]:
    pages = boto3.client("sns", region_name="us-east-1").get_paginator("list_subscriptions")
    return {item["SubscriptionArn"] for page in pages.paginate() for item in page["Subscriptions"]}


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": _alarms("MetricAlarm"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": _alarms("CompositeAlarm"),
    "aws:cloudwatch/dashboard:Dashboard": _dashboards,
    "aws:sns/topicSubscription:TopicSubscription": _subscriptions,
}
