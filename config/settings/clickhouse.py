"""The settings of the ClickHouse hosts: how many, of what size, and what they run."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from config.settings.model import CredentialVersion, DeletionProtection, Model

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
"""Every node knows all addresses: EC2's user data has room for these, with MOST_HOSTS."""
LOGINS = {"app": "nexusflow_app", "admin": "nexusflow_admin"}
"""The names of those who log in, by the key of their secret."""


class Packages(Model):
    """The three packages of one version, by the checksums of their arm64 rpm files."""

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
    per_month: int = Field(ge=1, description="how many events are expected in a month")
    retention_months: int = Field(
        ge=1, le=120, description="after how many months events are deleted, 1 to 120"
    )


class Keepers(Model):
    count: int = Field(ge=1, le=MOST_KEEPERS, description="how many Keepers: 1, or 3 for replicas")
    instance_type: InstanceType = Field(
        description="the type of the nodes that hold no data, such as t4g.small"
    )


class HostBackups(Model):
    time: str = Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted time of day in UTC, such as "01:30"',
    )
    retention_days: int = Field(
        ge=7, le=365, description="how many days each backup can be restored, 7 to 365"
    )


class ClickhouseSettings(Model):
    version: str = Field(
        pattern=r"^\d+\.\d+\.\d+\.\d+$", description="the whole version, such as 23.8.16.40"
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
        description=f"how many parts the events are in, 1 to {MOST_SHARDS}",
    )
    replicas: int = Field(ge=1, le=3, description="on how many hosts each part is held, 1 to 3")
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
        return self.shards * self.replicas
