"""Settings of the CloudWatch alarms: their recipients and the catalog of alarms by target type."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.errors import refusal
from config.model import Model
from config.sizing import alarm_thresholds

Severity = Literal["warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("warning", "critical")
Capacity = Literal["iops", "tasks"]
"""Provisioned quantities that thresholds can be scaled by."""
TargetType = Literal[
    "postgres_server",
    "postgres_replica",
    "redis_node",
    "redis_state_node",
    "redis_replica",
    "clickhouse_host",
    "clickhouse_volume",
    "clickhouse_data",
    "clickhouse_backup",
    "pgbouncer_service",
    "pgbouncer_tasks",
    "pgbouncer_targets",
    "backup_vault",
    "certificates",
]
"""Types of alarm targets; one instance can be a target of several types."""
Unit = Literal["percent", "count", "per second", "seconds", "days", "bytes", "MB", "GB"]
Name = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        description="a name of lower-case words, such as free-storage",
    ),
]
QueryId = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9_]*$",
        description="a name used by the expression: lower-case letters, digits, underscores",
    ),
]


def _period(seconds: int) -> int:
    if not alarm_thresholds.period_allowed(seconds):
        raise refusal(
            f"{seconds} is not a period of CloudWatch", "write 10, 20, 30 or a multiple of 60"
        )
    return seconds


class Scale(Model):
    """Scales thresholds that are documented for one size in proportion to the actual size."""

    capacity: Capacity = Field(description="iops (provisioned) or tasks (desired)")
    documented: float = Field(gt=0, description="the size that the thresholds are written for")


class Alarm(Model):
    """An alarm on one metric or on an expression over several.

    The header of config/defaults/alarms.yaml explains each field.
    """

    metric: str | None = Field(None, min_length=1, description="a metric's name in the namespace")
    expression: str | None = Field(
        None, min_length=1, description="metric math over the names in `metrics`"
    )
    metrics: Mapping[QueryId, str] = Field(
        default_factory=dict, description="{name in the expression: metric}"
    )
    statistic: Literal["Average", "Minimum", "Maximum", "Sum"] = Field(
        description="Average, Minimum, Maximum or Sum"
    )
    comparison: Literal[">", ">=", "<", "<="] = Field(description='a quoted ">", ">=", "<" or "<="')
    warning: float | None = Field(None, ge=0, description="a figure in the alarm's unit")
    critical: float | None = Field(None, ge=0, description="a figure in the alarm's unit")
    unit: Unit = Field(description="percent, count, per second, seconds, days, bytes, MB or GB")
    scale_by: Scale | None = Field(None, description="{capacity: iops, documented: 12000}")
    period_s: Annotated[int, AfterValidator(_period)] = Field(
        ge=10, description="seconds: 10, 20, 30 or a multiple of 60"
    )
    evaluation_periods: int = Field(ge=1, description="the number of periods to evaluate")
    datapoints_to_alarm: int | None = Field(
        None, ge=1, description="how many of the periods must breach the threshold"
    )
    treat_missing_data: Literal["breaching", "notBreaching", "ignore", "missing"] = Field(
        description="how missing data counts: breaching, notBreaching, ignore or missing"
    )
    failure: Name = Field(description="the failure that the alarm indicates, such as overload")
    runbook: str = Field(
        min_length=20, max_length=700, description="what the alarm means and what to do about it"
    )

    def documented(self, severity: Severity) -> float | None:
        """The threshold as documented, in `unit`; None if the severity has none."""
        return self.warning if severity == "warning" else self.critical

    def threshold(self, severity: Severity, capacity: Mapping[Capacity, float]) -> float | None:
        """The threshold for CloudWatch, in the metric's own unit; None if the severity has none.

        `capacity` is what the environment provisions of the quantity that `scale_by` names.
        """
        figure = self.documented(severity)
        if figure is None:
            return None
        scale = capacity[self.scale_by.capacity] / self.scale_by.documented if self.scale_by else 1
        return figure * alarm_thresholds.BASE_UNITS[self.unit] * scale

    def in_unit(self, threshold: float) -> float:
        """A threshold of CloudWatch converted back to the documented `unit`."""
        return threshold / alarm_thresholds.BASE_UNITS[self.unit]

    @property
    def rising(self) -> bool:
        """Whether higher values are worse."""
        return self.comparison.startswith(">")

    @property
    def ordered(self) -> bool:
        """Whether the warning fires before the critical alarm."""
        if self.warning is None or self.critical is None:
            return True
        if self.rising:
            return self.warning < self.critical
        return self.warning > self.critical


class TargetAlarms(Model):
    """The alarms of one target type, all on metrics of one namespace."""

    namespace: str = Field(
        pattern=r"^[A-Za-z0-9/_.#-]+$", description="a CloudWatch namespace, such as AWS/RDS"
    )
    alarms: Mapping[Name, Alarm] = Field(description="{name: {metric: …, warning: …, …}}")


class Subscriber(Model):
    protocol: Literal["email", "email-json", "https", "sms", "sqs", "lambda"] = Field(
        description="email, email-json, https, sms, sqs or lambda"
    )
    endpoint: str = Field(min_length=1, description="an address of the protocol")


class Subscribers(Model):
    warning: tuple[Subscriber, ...] = Field(description="[{protocol: …, endpoint: …}], or []")
    critical: tuple[Subscriber, ...] = Field(description="[{protocol: …, endpoint: …}]")

    def of(self, severity: Severity) -> tuple[Subscriber, ...]:
        return self.warning if severity == "warning" else self.critical


class AlarmSettings(Model):
    subscribers: Subscribers = Field(description="{warning: […], critical: […]}: the recipients")
    catalog: Mapping[TargetType, TargetAlarms] = Field(
        description="changes to config/defaults/alarms.yaml: {type: {alarms: {name: {warning: …}}}}"
    )
