"""CloudWatch's alarms and dashboards."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import (
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ABSENT = frozenset({"ResourceNotFound", "ResourceNotFoundException"})


def _actions(api: str) -> Property:
    return Property(api, default=[], bound=True, unordered=True)


class _Alarm(AwsResourceType):
    """What both types of alarm have: a put call that replaces everything but the tags."""

    service = "cloudwatch"
    absent = _ABSENT
    described: str
    """The type's name in the API's AlarmTypes."""
    put: str

    def body(self, inputs: Properties) -> dict[str, Any]:
        """The put call's arguments."""
        arguments = self.arguments(inputs)
        return {api: value for api, value in arguments.items() if value is not None}

    def live(self, found: dict[str, Any]) -> Properties:
        return self.bound_values(found)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        tags = tag_list(inputs["tags"])
        getattr(aws.client("cloudwatch"), self.put)(**self.body(inputs), Tags=tags)
        return Created(str(inputs[self.named_by or "name"]))

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        cloudwatch = aws.client("cloudwatch")
        answer = cloudwatch.describe_alarms(AlarmNames=[resource_id], AlarmTypes=[self.described])
        for found in answer[f"{self.described}s"]:
            arn = found["AlarmArn"]
            tags = cloudwatch.list_tags_for_resource(ResourceARN=arn)["Tags"]
            return {**self.live(found), "tags": tag_map(tags)}
        return None

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        cloudwatch = aws.client("cloudwatch")
        if changed - {"tags"}:
            getattr(cloudwatch, self.put)(**self.body(inputs))
        wanted, unwanted = tag_changes(state, inputs)
        with self.existing():
            if unwanted:
                cloudwatch.untag_resource(ResourceARN=state["arn"], TagKeys=unwanted)
            if wanted:
                cloudwatch.tag_resource(ResourceARN=state["arn"], Tags=tag_list(wanted))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("cloudwatch").delete_alarms(AlarmNames=[resource_id])


class MetricAlarm(_Alarm):
    token = "aws:cloudwatch/metricAlarm:MetricAlarm"
    cfn = "AWS::CloudWatch::Alarm"
    extensions = ()
    named_by, autonames = "name", True
    described, put = "MetricAlarm", "put_metric_alarm"
    properties = {
        "name": Property("AlarmName", bound=True, replaces=REGISTRY),
        "comparisonOperator": Property("ComparisonOperator", required=True, bound=True),
        "evaluationPeriods": Property("EvaluationPeriods", required=True, bound=True),
        "datapointsToAlarm": Property("DatapointsToAlarm", bound=True),
        "metricName": Property("MetricName", bound=True),
        "namespace": Property("Namespace", bound=True),
        "dimensions": Property("Dimensions", default={}, bound=True),
        "period": Property("Period", bound=True),
        "statistic": Property("Statistic", bound=True),
        "threshold": Property("Threshold", bound=True),
        "metricQueries": Property("Metrics", default=[], bound=True),
        "treatMissingData": Property("TreatMissingData", default="missing", bound=True),
        "unit": Property("Unit", bound=True),
        "actionsEnabled": Property("ActionsEnabled", default=True, bound=True),
        "alarmActions": _actions("AlarmActions"),
        "okActions": _actions("OKActions"),
        "insufficientDataActions": _actions("InsufficientDataActions"),
        "alarmDescription": Property("AlarmDescription", bound=True),
        "tags": TAGS,
        "arn": Property("AlarmArn", output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        # the provider writes dimensions and queries otherwise than the registry
        stated = {k: v for k, v in inputs.items() if k not in ("dimensions", "metricQueries")}
        found = super().validate(stated)
        queries, metric = inputs.get("metricQueries"), inputs.get("metricName")
        if bool(queries) == bool(metric):
            found.append(("metricName", "give metricName or metricQueries, one of the two"))
        if metric and not inputs.get("statistic"):
            found.append(("statistic", "missing: a metric is watched by a statistic"))
        return found

    def body(self, inputs: Properties) -> dict[str, Any]:
        arguments = super().body(inputs)
        queries = arguments.pop("Metrics", None)
        dimensions = arguments.pop("Dimensions", None)
        if queries:
            return {**arguments, "Metrics": [_query(query) for query in queries]}
        return {**arguments, "Dimensions": _dimensions(dimensions or {})}

    def live(self, found: dict[str, Any]) -> Properties:
        return {
            **super().live(found),
            # every type of alarm has these as lists, empty ones too
            "dimensions": _dimension_map(found.get("Dimensions")),
            "metricQueries": [_stated_query(query) for query in found.get("Metrics", ())],
            "unit": found.get("Unit"),
            "datapointsToAlarm": found.get("DatapointsToAlarm"),
            "alarmDescription": found.get("AlarmDescription"),
        }

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "metricQueries":
            return _by_id(actual) == _by_id([_stated_query(_query(each)) for each in desired])
        return super().same(name, actual, desired)


def _dimensions(dimensions: dict[str, str]) -> list[dict[str, str]]:
    return [{"Name": name, "Value": value} for name, value in sorted(dimensions.items())]


def _dimension_map(dimensions: list[dict[str, str]] | None) -> dict[str, str]:
    return {each["Name"]: each["Value"] for each in dimensions or []}


def _query(query: dict[str, Any]) -> dict[str, Any]:
    """A query as the API takes it."""
    named = {"Id": "id", "Expression": "expression", "Label": "label", "Period": "period"}
    stated = {api: query[name] for api, name in named.items() if query.get(name)}
    stated["ReturnData"] = bool(query.get("returnData"))
    metric = query.get("metric")
    if metric:
        stated["MetricStat"] = {
            "Metric": {
                "Namespace": metric.get("namespace"),
                "MetricName": metric["metricName"],
                "Dimensions": _dimensions(metric.get("dimensions") or {}),
            },
            "Period": metric["period"],
            "Stat": metric["stat"],
            **({"Unit": metric["unit"]} if metric.get("unit") else {}),
        }
    return stated


def _stated_query(query: dict[str, Any]) -> dict[str, Any]:
    """A query of the API's as programs write it, without what is empty."""
    stated = {
        "id": query["Id"],
        "expression": query.get("Expression"),
        "label": query.get("Label"),
        "period": query.get("Period"),
        "returnData": query.get("ReturnData") or None,
    }
    found = query.get("MetricStat")
    if found:
        metric = {
            "namespace": found["Metric"].get("Namespace"),
            "metricName": found["Metric"]["MetricName"],
            "dimensions": _dimension_map(found["Metric"].get("Dimensions")),
            "period": found["Period"],
            "stat": found["Stat"],
            "unit": found.get("Unit"),
        }
        stated["metric"] = {name: value for name, value in metric.items() if value}
    return {name: value for name, value in stated.items() if value is not None}


def _by_id(queries: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    return {query["id"]: query for query in queries}


class CompositeAlarm(_Alarm):
    token = "aws:cloudwatch/compositeAlarm:CompositeAlarm"
    cfn = "AWS::CloudWatch::CompositeAlarm"
    named_by = "alarmName"
    described, put = "CompositeAlarm", "put_composite_alarm"
    properties = {
        "alarmName": Property("AlarmName", required=True, bound=True, replaces=REGISTRY),
        "alarmRule": Property("AlarmRule", required=True, bound=True),
        "actionsEnabled": Property("ActionsEnabled", default=True, bound=True, replaces=PROVIDER),
        "alarmActions": _actions("AlarmActions"),
        "okActions": _actions("OKActions"),
        "insufficientDataActions": _actions("InsufficientDataActions"),
        "alarmDescription": Property("AlarmDescription", bound=True),
        "tags": TAGS,
        "arn": Property("AlarmArn", output=True),
    }

    def live(self, found: dict[str, Any]) -> Properties:
        return {**super().live(found), "alarmDescription": found.get("AlarmDescription")}


class Dashboard(AwsResourceType):
    token = "aws:cloudwatch/dashboard:Dashboard"
    documents = frozenset({"dashboardBody"})
    cfn = "AWS::CloudWatch::Dashboard"
    service = "cloudwatch"
    absent = _ABSENT
    named_by = "dashboardName"
    properties = {
        "dashboardName": Property("DashboardName", required=True, bound=True, replaces=REGISTRY),
        "dashboardBody": Property("DashboardBody", required=True, bound=True),
        "dashboardArn": Property("DashboardArn", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs)
        return Created(inputs["dashboardName"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("cloudwatch").get_dashboard(DashboardName=resource_id)
        return self.bound_values(found)

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        self._put(aws, inputs)

    def _put(self, aws: Aws, inputs: Properties) -> None:
        aws.client("cloudwatch").put_dashboard(**self.arguments(inputs))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        aws.client("cloudwatch").delete_dashboards(DashboardNames=[resource_id])


RESOURCE_TYPES = (MetricAlarm(), CompositeAlarm(), Dashboard())
