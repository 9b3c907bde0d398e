"""Alarms, dashboards and subscriptions that exist in the emulated AWS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3


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
