"""Finds alarms, dashboards and subscriptions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place


def alarm(kind: str, name: str) -> Finder:
    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        answer = place.aws("cloudwatch").describe_alarms(
            AlarmNames=[inputs[name]], AlarmTypes=[kind]
        )
        for item in answer[f"{kind}s"]:
            yield item["AlarmName"]

    return finder


def dashboard(place: Place, inputs: Inputs) -> Iterator[str]:
    found = place.aws("cloudwatch").get_dashboard(DashboardName=inputs["dashboardName"])
    yield found["DashboardName"]


def subscription(place: Place, inputs: Inputs) -> Iterator[str]:
    """One that waits for its confirmation has no ARN in this list. It isn't found then, and made
    again, to which SNS answers with the one that there is."""
    pages = place.aws("sns").get_paginator("list_subscriptions_by_topic")
    for page in pages.paginate(TopicArn=inputs["topic"]):
        for item in page["Subscriptions"]:
            same = (item["Protocol"], item["Endpoint"]) == (inputs["protocol"], inputs["endpoint"])
            if same and item["SubscriptionArn"].startswith("arn:"):
                yield item["SubscriptionArn"]


FINDERS: Mapping[str, Finder] = {
    "aws:cloudwatch/metricAlarm:MetricAlarm": alarm("MetricAlarm", "name"),
    "aws:cloudwatch/compositeAlarm:CompositeAlarm": alarm("CompositeAlarm", "alarmName"),
    "aws:cloudwatch/dashboard:Dashboard": dashboard,
    "aws:sns/topicSubscription:TopicSubscription": subscription,
}
