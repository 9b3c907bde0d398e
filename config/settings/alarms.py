"""The settings of the alarms: who is told, and the catalog of what is watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.settings.model import Model

Severity = Literal["warning", "critical"]
SEVERITIES: tuple[Severity, ...] = ("warning", "critical")
Capacity = Literal["iops", "tasks"]
"""What an environment provisions and thresholds may be scaled to."""
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
"""What can be watched; an instance may be of several kinds."""
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
        description="a name that the expression uses: lower-case letters, digits, underscores",
    ),
]


class Scale(Model):
    """Thresholds are those of one size; another size has them in proportion."""

    capacity: Capacity = Field(description="iops (provisioned) or tasks (wanted)")
    documented: float = Field(gt=0, description="the figure that the thresholds are written for")


class Alarm(Model):
    """One metric, or an expression over several; config/defaults/alarms.yaml says what each part is."""

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
    period_s: int = Field(ge=10, description="seconds: 10, 20, 30 or a multiple of 60")
    evaluation_periods: int = Field(ge=1, description="how many periods are looked at")
    datapoints_to_alarm: int | None = Field(
        None, ge=1, description="how many of the periods have to be over the threshold"
    )
    treat_missing_data: Literal["breaching", "notBreaching", "ignore", "missing"] = Field(
        description="what no figure means: breaching, notBreaching, ignore or missing"
    )
    failure: Name = Field(description="the failure that the alarm is a sign of, such as overload")
    runbook: str = Field(
        min_length=20, max_length=700, description="what it means, for the person who is paged"
    )

    def threshold(self, severity: Severity) -> float | None:
        return self.warning if severity == "warning" else self.critical

    @property
    def rising(self) -> bool:
        """Whether more is worse."""
        return self.comparison.startswith(">")


class TargetAlarms(Model):
    namespace: str = Field(
        pattern=r"^[A-Za-z0-9/_.#-]+$", description="a namespace of CloudWatch, such as AWS/RDS"
    )
    alarms: Mapping[Name, Alarm] = Field(description="{name: {metric: …, warning: …, …}}")


class Subscriber(Model):
    protocol: Literal["email", "email-json", "https", "sms", "sqs", "lambda"] = Field(
        description="email, email-json, https, sms, sqs or lambda"
    )
    endpoint: str = Field(min_length=1, description="the address that the protocol takes")


class Subscribers(Model):
    warning: tuple[Subscriber, ...] = Field(description="[{protocol: …, endpoint: …}], or []")
    critical: tuple[Subscriber, ...] = Field(description="[{protocol: …, endpoint: …}]")

    def of(self, severity: Severity) -> tuple[Subscriber, ...]:
        return self.warning if severity == "warning" else self.critical


class AlarmSettings(Model):
    subscribers: Subscribers = Field(description="{warning: […], critical: […]}: who is told")
    catalog: Mapping[TargetType, TargetAlarms] = Field(
        description="changes to config/defaults/alarms.yaml: {kind: {alarms: {name: {warning: …}}}}"
    )
