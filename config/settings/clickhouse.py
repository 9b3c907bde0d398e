"""Settings of the ClickHouse cluster: version, shards, replicas, Keepers, volumes and backups."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.aws import catalog
from config.model import Model
from config.settings.types import Clock, CredentialVersion, DeletionProtection
from config.sizing import clickhouse_nodes
from config.sizing.clickhouse import EventVolume
from config.sizing.clickhouse_nodes import Node

Sha256 = Annotated[
    str,
    Field(
        pattern=r"^[0-9a-f]{64}$",
        description="the 64 hexadecimal digits that sha256sum prints of the file in the mirror",
    ),
]
InstanceType = Annotated[
    str,
    Field(
        pattern=r"^[a-z0-9]+\.[a-z0-9]+$",
        description="a Graviton type of EC2, such as r6g.large",
    ),
]

MOST_SHARDS, MOST_KEEPERS = 6, 3
"""Limits of the cluster, with MOST_HOSTS of config/rules/clickhouse.py: every node's configuration
lists all addresses and must fit into EC2's user data."""
LOGINS = {"app": "nexusflow_app", "admin": "nexusflow_admin"}
"""ClickHouse users by the key of their secret."""


class Packages(Model):
    """SHA-256 checksums of the three arm64 rpm packages of the version."""

    common_static: Sha256 = Field(alias="clickhouse-common-static")
    server: Sha256 = Field(alias="clickhouse-server")
    client: Sha256 = Field(alias="clickhouse-client")


class Volume(Model):
    size_gb: int = Field(ge=10, le=16384, description="the size of a host's gp3 volume in GB")
    iops: int = Field(ge=3000, le=16000, description="IOPS of the volume, 3000 to 16000")
    throughput_mb_s: int = Field(
        ge=125, le=1000, description="MB/s of the volume, 125 to 1000 and a quarter of the IOPS"
    )


class Events(Model):
    per_month: int = Field(ge=1, description="the expected number of events per month")
    retention_months: int = Field(
        ge=1, le=120, description="months after which events are deleted, 1 to 120"
    )


class Keepers(Model):
    count: int = Field(
        ge=1, le=MOST_KEEPERS, description="the number of Keepers: 1, or 3 with replicas"
    )
    instance_type: InstanceType = Field(
        description="the type of nodes without data, such as t4g.small"
    )


class HostBackups(Model):
    time: Clock = Field(description='a quoted time of day in UTC, such as "01:30"')
    retention_days: int = Field(
        ge=7, le=365, description="days for which each backup can be restored, 7 to 365"
    )


class ClickhouseSettings(Model):
    version: str = Field(
        pattern=r"^\d+\.\d+\.\d+\.\d+$", description="the full version, such as 23.8.16.40"
    )
    packages: Packages = Field(
        description="{clickhouse-common-static: …, clickhouse-server: …, clickhouse-client: …}"
    )
    ami: str = Field(
        pattern=r"^ami-[0-9a-f]{8,17}$",
        description="the id of an Amazon Linux 2023 image for arm64: ami-…",
    )
    instance_type: InstanceType
    shards: int = Field(
        ge=1,
        le=MOST_SHARDS,
        description=f"the number of shards of the events, 1 to {MOST_SHARDS}",
    )
    replicas: int = Field(
        ge=1, le=3, description="the number of hosts that hold each shard, 1 to 3"
    )
    keepers: Keepers = Field(description="{count: …, instance_type: …}")
    volume: Volume = Field(description="{size_gb: …, iops: …, throughput_mb_s: …}")
    events: Events = Field(description="{per_month: …, retention_months: …}")
    backups: HostBackups = Field(description='{time: "01:30", retention_days: …}')
    credential_version: CredentialVersion = 1
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )

    @property
    def hosts(self) -> int:
        """The number of nodes that hold data."""
        return self.shards * self.replicas

    @property
    def nodes(self) -> tuple[Node, ...]:
        """The nodes by shard and replica, then the Keepers that hold no data."""
        return clickhouse_nodes.nodes(
            shards=self.shards, replicas=self.replicas, keepers=self.keepers.count
        )

    @property
    def event_volume(self) -> EventVolume:
        """The data of one shard at the end of the retention."""
        return EventVolume(self.events.per_month, self.events.retention_months, self.shards)

    def instance_type_of(self, node: Node) -> str:
        return self.instance_type if node.holds_data else self.keepers.instance_type

    def memory_gib_of(self, node: Node) -> float:
        """The memory of a node's instance type, as config/aws/instance_classes.yaml gives it."""
        return catalog.instance_classes()[f"db.{self.instance_type_of(node)}"].memory_gib
