"""What the stores give to be watched: identifiers only, so that alarms know no store.

An instance may be watched as several kinds; its name is part of logical and physical names.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import pulumi

from config.settings.alarms import Capacity, TargetType

Dimensions = Mapping[str, pulumi.Input[str]]


@dataclass(frozen=True)
class AlarmTarget:
    """One instance as one kind of thing.

    `behind` names the instance of the same store whose overload explains this one's failures of
    this kind: they are no page of their own then.
    """

    store: str
    instance: str
    kind: TargetType
    dimensions: Dimensions
    capacity: Mapping[Capacity, float] = field(default_factory=dict)
    suppressed_by: str | None = None
    variables: Mapping[str, pulumi.Input[int]] = field(default_factory=dict)
    """Numbers that expressions name in braces."""

    @property
    def key(self) -> str:
        return f"{self.store}-{self.instance}"


PRIMARY = "primary"


@dataclass(frozen=True)
class PostgresServers:
    primary: pulumi.Input[str]
    """Identifiers of instances."""
    replicas: Sequence[pulumi.Input[str]]
    iops: int
    """What each server's volume has."""

    def alarm_targets(self) -> list[AlarmTarget]:
        servers = {PRIMARY: self.primary, **_numbered("replica", self.replicas)}
        found = []
        for name, identifier in servers.items():
            dimensions = {"DBInstanceIdentifier": identifier}
            capacity: dict[Capacity, float] = {"iops": self.iops}
            found.append(AlarmTarget("postgres", name, "postgres_server", dimensions, capacity))
            if name != PRIMARY:
                found.append(
                    AlarmTarget(
                        "postgres", name, "postgres_replica", dimensions, suppressed_by=PRIMARY
                    )
                )
        return found


@dataclass(frozen=True)
class RedisGroup:
    name: str
    nodes: Sequence[pulumi.Input[str]]
    """Identifiers of cache clusters, one a node."""
    keeps_state: bool
    """Whether what it holds must not be evicted."""


@dataclass(frozen=True)
class RedisGroups:
    groups: Sequence[RedisGroup]

    def alarm_targets(self) -> list[AlarmTarget]:
        found = []
        for group in self.groups:
            kinds: list[TargetType] = ["redis_node"]
            kinds += ["redis_state_node"] if group.keeps_state else []
            # any node may come to be the replica
            kinds += ["redis_replica"] if len(group.nodes) > 1 else []
            for name, node in _numbered(group.name, group.nodes).items():
                dimensions = {"CacheClusterId": node}
                found += [AlarmTarget("redis", name, kind, dimensions) for kind in kinds]
        return found


@dataclass(frozen=True)
class ClickHouseHost:
    name: str
    metrics_host: str
    """What the host calls itself in its own metrics."""
    instance_id: pulumi.Input[str]
    volume_id: pulumi.Input[str] | None
    """The data volume's; a Keeper alone has none."""
    backs_up: bool


@dataclass(frozen=True)
class ClickHouseHosts:
    hosts: Sequence[ClickHouseHost]

    def alarm_targets(self) -> list[AlarmTarget]:
        found = []
        for host in self.hosts:
            dimensions = {"InstanceId": host.instance_id}
            found.append(AlarmTarget("clickhouse", host.name, "clickhouse_host", dimensions))
            if host.volume_id is not None:
                # EBS tells of stalls and of reached limits by attachment, not by volume alone
                volume = {"InstanceId": host.instance_id, "VolumeId": host.volume_id}
                found.append(AlarmTarget("clickhouse", host.name, "clickhouse_volume", volume))
                itself = {"Host": host.metrics_host}
                found.append(AlarmTarget("clickhouse", host.name, "clickhouse_data", itself))
                if host.backs_up:
                    found.append(AlarmTarget("clickhouse", host.name, "clickhouse_backup", itself))
        return found


@dataclass(frozen=True)
class PgBouncerService:
    cluster: pulumi.Input[str]
    service: pulumi.Input[str]
    """Names."""
    load_balancer: pulumi.Input[str]
    target_group: pulumi.Input[str]
    """Suffixes of ARNs, as CloudWatch names them: net/…/… and targetgroup/…/…"""
    tasks: int
    """How many the service wants at the least."""

    def alarm_targets(self) -> list[AlarmTarget]:
        service = {"ClusterName": self.cluster, "ServiceName": self.service}
        targets = {"LoadBalancer": self.load_balancer, "TargetGroup": self.target_group}
        capacity: dict[Capacity, float] = {"tasks": self.tasks}
        store, name = "pgbouncer", "service"
        return [
            AlarmTarget(store, name, "pgbouncer_service", service),
            AlarmTarget(store, name, "pgbouncer_tasks", service, capacity),
            AlarmTarget(store, name, "pgbouncer_targets", targets, capacity),
        ]


@dataclass(frozen=True)
class BackupVaults:
    vaults: Mapping[str, pulumi.Input[str]]
    """Names of vaults of this region by what they are called here."""

    def alarm_targets(self) -> list[AlarmTarget]:
        return [
            AlarmTarget("backups", name, "backup_vault", {"BackupVaultName": vault})
            for name, vault in self.vaults.items()
        ]


def _numbered(name: str, items: Sequence[pulumi.Input[str]]) -> Mapping[str, pulumi.Input[str]]:
    return {f"{name}-{number}": item for number, item in enumerate(items, 1)}


@dataclass(frozen=True)
class Certificates:
    """CloudWatch has no clock: the points of a metric that always comes tell the time."""

    ends: Sequence[pulumi.Input[str]]
    """RFC 3339."""
    clock: pulumi.Input[str]
    """The identifier of an RDS instance."""

    def alarm_targets(self) -> list[AlarmTarget]:
        first = pulumi.Output.all(*self.ends).apply(first_end)
        dimensions = {"DBInstanceIdentifier": self.clock}
        variables = {"end": first}
        return [AlarmTarget("tls", "certificates", "certificates", dimensions, variables=variables)]


def first_end(ends: Sequence[str]) -> int:
    """Seconds since 1970."""
    return min(int(datetime.fromisoformat(end).timestamp()) for end in ends)
