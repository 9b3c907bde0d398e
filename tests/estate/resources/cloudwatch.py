"""The estate's alarms, one of each form, its dashboard and its subscription."""

from __future__ import annotations

import json
from collections.abc import Callable

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
