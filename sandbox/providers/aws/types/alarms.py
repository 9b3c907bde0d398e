"""Rules for the inputs of metric alarms."""

from __future__ import annotations

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties


class MetricAlarm(AwsResourceType):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        queries, metric = inputs.get("metricQueries"), inputs.get("metricName")
        if bool(queries) == bool(metric):
            found.append(("metricName", "set either metricName or metricQueries"))
        if metric and not inputs.get("statistic"):
            found.append(("statistic", "missing: an alarm on a metric needs a statistic"))
        return found
