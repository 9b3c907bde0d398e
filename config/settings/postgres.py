"""Settings of the PostgreSQL servers: the primary, its read replicas, parameters and monitoring."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from config.errors import refusal
from config.model import Model
from config.settings.types import Daily, DeletionProtection, LogRetention, Weekly, at_least
from config.sizing import postgres as sizing
from config.sizing import retention
from config.sizing.windows import RDS_MINUTES

ApplyMethod = Literal["immediate", "pending-reboot"]


class StorageSettings(Model):
    allocated_gb: int = Field(
        ge=20, le=65536, description="the size of the gp3 volume in GB, 20 to 65536"
    )
    iops: int = Field(
        ge=3000, le=64000, description="3000 below 400 GB, 12000 to 64000 from 400 GB"
    )
    max_allocated_gb: int | None = Field(
        None,
        ge=22,
        le=65536,
        description="the limit of storage autoscaling in GB, at least 10 % above allocated_gb",
    )

    @property
    def provisioned_iops(self) -> int | None:
        """The IOPS to send to AWS; None for small volumes, for which AWS refuses any figure.

        `iops` itself is what the volume has in either case.
        """
        return self.iops if self.allocated_gb >= sizing.GP3_THRESHOLD_GB else None


class Parameter(Model):
    """One parameter of the parameter group.

    The header of config/defaults/postgres_parameters.yaml explains each field.
    """

    value: str = Field(min_length=1, description="the value in RDS units as a quoted string")
    apply_method: ApplyMethod = Field(description="immediate (dynamic) or pending-reboot (static)")
    documented: str | None = Field(default=None, description="the value as SHOW prints it")

    @property
    def number(self) -> int | None:
        """The value as a whole number; None for texts, fractions and formulas."""
        return int(self.value) if self.value.isdigit() else None


class ReplicaParameter(Model):
    """A parameter that differs on the replicas. The apply method defaults to the primary's."""

    value: str = Field(min_length=1, description="the value in RDS units as a quoted string")
    apply_method: ApplyMethod | None = Field(
        None, description="immediate (dynamic) or pending-reboot (static)"
    )


class ReplicaSettings(Model):
    count: int = Field(ge=0, le=15, description="the number of read replicas, 0 to 15")


def _performance_insights(days: int) -> int:
    if not retention.performance_insights(days):
        raise refusal(
            f"Performance Insights has no retention of {days} days",
            "write 7, a multiple of 31 up to 713, or 731",
        )
    return days


class MonitoringSettings(Model):
    interval_s: Literal[1, 5, 10, 15, 30, 60] = Field(
        description="the interval of enhanced monitoring in seconds: 1, 5, 10, 15, 30 or 60"
    )
    performance_insights_days: Annotated[int, AfterValidator(_performance_insights)] = Field(
        ge=7, le=731, description="7, a multiple of 31 up to 713, or 731"
    )


class AutomatedBackups(Model):
    keep_after_deletion: bool = Field(
        description="true to keep the automated backups of a deleted instance, else false"
    )


class PostgresSettings(Model):
    engine_version: str = Field(
        pattern=r"^\d{2}$",
        description='a quoted major version, such as "15": minor upgrades are automatic',
    )
    instance_class: str = Field(
        pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$",
        description="an RDS instance class, such as db.r6g.large",
    )
    storage: StorageSettings = Field(description="{allocated_gb: …, iops: …}")
    multi_az: bool = Field(description="true for a standby in a second zone, else false")
    replicas: ReplicaSettings = Field(description="{count: …}: the read replicas")
    parameters: Mapping[str, Parameter] = Field(
        description="changes to config/defaults/postgres_parameters.yaml: {name: {value: …}}"
    )
    replica_parameters: Mapping[str, ReplicaParameter] = Field(
        default_factory=dict,
        description="parameters that differ on the replicas: {name: {value: …}}",
    )
    backup_retention_days: int = Field(
        ge=1,
        le=35,
        description="days of automated backups and point-in-time recovery, 1 to 35: replicas "
        "require them",
    )
    backup_window: Annotated[Daily, at_least(RDS_MINUTES, "03:00-04:00")] = Field(
        description='a quoted UTC window of 30 minutes or more, such as "03:00-04:00"',
    )
    maintenance_window: Annotated[Weekly, at_least(RDS_MINUTES, "sun:04:30-sun:05:30")] = Field(
        description='a quoted UTC window of 30 minutes or more, such as "sun:04:30-sun:05:30"',
    )
    automated_backups: AutomatedBackups = Field(description="{keep_after_deletion: …}")
    monitoring: MonitoringSettings = Field(
        description="{interval_s: …, performance_insights_days: …}"
    )
    log_exports: tuple[Literal["postgresql", "upgrade"], ...] = Field(
        min_length=1, description="logs exported to CloudWatch Logs: [postgresql, upgrade]"
    )
    log_retention_days: LogRetention
    apply_immediately: bool = Field(
        description="true to apply changes during `up`, false to wait for the maintenance window"
    )
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )

    @property
    def major_version(self) -> int:
        return int(self.engine_version)

    @property
    def parameter_group_family(self) -> str:
        return f"postgres{self.major_version}"

    @property
    def effective_replica_parameters(self) -> Mapping[str, Parameter]:
        """All parameters of the replicas: the primary's, overridden by the replicas' own values."""
        rows = dict(self.parameters)
        for name, own in self.replica_parameters.items():
            of_primary = self.parameters.get(name)
            method = own.apply_method or (of_primary.apply_method if of_primary else "immediate")
            rows[name] = Parameter(value=own.value, apply_method=method)
        return rows

    @property
    def max_connections(self) -> int | None:
        """The primary's max_connections; None if it is a formula or left to RDS."""
        return _number(self.parameters, "max_connections")

    @property
    def replica_max_connections(self) -> int | None:
        """The replicas' max_connections; None if it is a formula or left to RDS."""
        return _number(self.effective_replica_parameters, "max_connections")


def _number(parameters: Mapping[str, Parameter], name: str) -> int | None:
    row = parameters.get(name)
    return row.number if row is not None else None


def numbers(parameters: Mapping[str, Parameter]) -> dict[str, int]:
    """The parameters whose values are whole numbers."""
    return {name: row.number for name, row in parameters.items() if row.number is not None}
