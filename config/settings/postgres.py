"""The settings of the PostgreSQL servers: the primary, its replicas and how they are watched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from config.settings.model import DeletionProtection, LogRetention, Model

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
        description="how far AWS may grow the volume in GB, at least 10 % above allocated_gb",
    )


class Parameter(Model):
    """One row of the parameter group; config/defaults/postgres_parameters.yaml says what each part is."""

    value: str = Field(min_length=1, description="the value in RDS units as a quoted string")
    apply_method: ApplyMethod = Field(description="immediate (dynamic) or pending-reboot (static)")
    documented: str | None = Field(
        default=None, description="the text that SHOW prints for the value"
    )


class ReplicaParameter(Model):
    """A row in which the replicas differ; the method is the primary's where that has the row."""

    value: str = Field(min_length=1, description="the value in RDS units as a quoted string")
    apply_method: ApplyMethod | None = Field(
        None, description="immediate (dynamic) or pending-reboot (static)"
    )


class ReplicaSettings(Model):
    count: int = Field(ge=0, le=15, description="how many read replicas the primary has, 0 to 15")


class MonitoringSettings(Model):
    interval_s: Literal[1, 5, 10, 15, 30, 60] = Field(
        description="seconds between two figures of enhanced monitoring: 1, 5, 10, 15, 30 or 60"
    )
    performance_insights_days: int = Field(
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
        description="in which parameters the replicas differ: {name: {value: …}}",
    )
    backup_retention_days: int = Field(
        ge=1,
        le=35,
        description="days of automated backups and point-in-time recovery, 1 to 35: replicas need "
        "them too",
    )
    backup_window: str = Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted UTC window of 30 minutes or more, such as "03:00-04:00"',
    )
    maintenance_window: str = Field(
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted UTC window of 30 minutes or more, such as "sun:04:30-sun:05:30"',
    )
    automated_backups: AutomatedBackups = Field(description="{keep_after_deletion: …}")
    monitoring: MonitoringSettings = Field(
        description="{interval_s: …, performance_insights_days: …}"
    )
    log_exports: tuple[Literal["postgresql", "upgrade"], ...] = Field(
        min_length=1, description="logs that go to CloudWatch: [postgresql, upgrade]"
    )
    log_retention_days: LogRetention
    apply_immediately: bool = Field(
        description="true to change the server during `up`, false to wait for its window"
    )
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )

    @property
    def major_version(self) -> int:
        return int(self.engine_version)

    @property
    def parameters_of_replicas(self) -> Mapping[str, Parameter]:
        """The primary's parameters with the replicas' own values."""
        rows = dict(self.parameters)
        for name, own in self.replica_parameters.items():
            of_primary = self.parameters.get(name)
            method = own.apply_method or (of_primary.apply_method if of_primary else "immediate")
            rows[name] = Parameter(value=own.value, apply_method=method)
        return rows
