"""Corrects moto's replication groups and runs real servers behind each (moto 5.2.5, 2026-11-24)."""

from __future__ import annotations

import copy
from typing import Any

from moto.core.responses import ActionResult
from moto.elasticache.exceptions import (
    CacheClusterNotFound,
    ReplicationGroupAlreadyExists,
    ReplicationGroupNotFound,
    SnapshotAlreadyExists,
)
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup
from moto.elasticache.responses import ElastiCacheResponse

from sandbox.emulator.elasticache import rules as elasticache_rules
from sandbox.emulator.elasticache import server_settings, store
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_SNAPSHOT_WINDOW = "05:00-06:00"
_MAINTENANCE_WINDOW = "sun:23:00-mon:00:00"
_DEFERRED = {"CacheNodeType": "cache_node_type", "EngineVersion": "engine_version"}
"""Parameters that wait for the maintenance window without ApplyImmediately."""
_AT_ONCE = {
    "ReplicationGroupDescription": "description",
    "SecurityGroupIds": "security_group_ids",
    "PreferredMaintenanceWindow": "preferred_maintenance_window",
    "CacheParameterGroupName": "cache_parameter_group_name",
    "AutoMinorVersionUpgrade": "auto_minor_version_upgrade",
    "SnapshotRetentionLimit": "snapshot_retention_limit",
    "SnapshotWindow": "snapshot_window",
    "TransitEncryptionEnabled": "transit_encryption_enabled",
    "TransitEncryptionMode": "transit_encryption_mode",
    "NotificationTopicArn": "notification_topic_arn",
}
_SWITCHES = {"AutomaticFailoverEnabled": "automatic_failover", "MultiAZEnabled": "multi_az"}


def patch(plane: DataPlane) -> None:
    _patch_create(plane)
    _patch_modify(plane)
    _patch_delete(plane)
    _patch_members()


def _patch_create(plane: DataPlane) -> None:
    # moto checks nothing, creates a single node where NumCacheClusters asks for more, and has no
    # servers.
    @wrap_method(ElastiCacheBackend, "create_replication_group")
    def create(original: Method, backend: Any, **requested: Any) -> Any:
        name = requested["replication_group_id"].lower()
        if name in backend.replication_groups:
            raise ReplicationGroupAlreadyExists(name)
        elasticache_rules.refuse_unsupported(requested)
        elasticache_rules.new_group(backend, requested)
        version = elasticache_rules.version(requested.get("engine_version"))
        replicas = (requested.get("num_cache_clusters") or 1) - 1
        group = original(
            backend,
            **{
                **requested,
                "replication_group_id": name,
                "engine_version": version,
                "replicas_per_node_group": replicas,
                "snapshot_window": requested.get("snapshot_window") or _SNAPSHOT_WINDOW,
                "preferred_maintenance_window": (
                    requested.get("preferred_maintenance_window") or _MAINTENANCE_WINDOW
                ).lower(),
                "cache_parameter_group_name": (
                    requested.get("cache_parameter_group_name")
                    or f"default.{elasticache_rules.ENGINE}{version.partition('.')[0]}"
                ),
            },
        )
        try:
            group.pending_modified_values = {}
            group.preferred_zones = _zones(backend, group)
            group.member_clusters = [f"{name}-{number:03}" for number in range(1, replicas + 2)]
            _watch_snapshots(group)
            elasticache_rules.group(backend, group)
            server_settings.converge(plane, backend, group)
        except BaseException:
            del backend.replication_groups[name]
            raise
        store.retag(backend, group.arn, requested.get("tags"))
        return group


def _zones(backend: Any, group: Any) -> list[str]:
    """The zones that nodes are placed in by turns: the requested ones, or the subnets'."""
    subnets = backend.cache_subnet_groups.get(group.cache_subnet_group_name)
    zones = [s["subnet_availability_zone"]["Name"] for s in subnets.subnets] if subnets else []
    return zones or [f"{backend.region_name}a", f"{backend.region_name}b"]


def _watch_snapshots(group: Any) -> None:
    """Sets the snapshotting member: AWS uses the last replica if there is one."""
    taken = group.snapshot_retention_limit > 0
    group.snapshotting_cluster_id = group.member_clusters[-1] if taken else None


def _patch_modify(plane: DataPlane) -> None:
    # moto applies six of the call's parameters and drops the others.
    def modify(response: Any) -> Any:
        backend, requested = response.elasticache_backend, dict(response.params)
        group = _group(backend, requested.pop("ReplicationGroupId"))
        before = copy.copy(group.__dict__)
        try:
            _change(group, requested)
            elasticache_rules.group(backend, group)
            server_settings.converge(plane, backend, group)
        except BaseException:
            group.__dict__.update(before)
            raise
        return ActionResult({"ReplicationGroup": group})

    # moto lacks both calls.
    def increase(response: Any) -> Any:
        return resize(response, more=True)

    def decrease(response: Any) -> Any:
        return resize(response, more=False)

    def resize(response: Any, more: bool) -> Any:
        backend, requested = response.elasticache_backend, response.params
        group = _group(backend, requested["ReplicationGroupId"])
        wanted, before = int(requested["NewReplicaCount"]) + 1, list(group.member_clusters)
        if not requested.get("ApplyImmediately"):
            raise store.invalid_value("ApplyImmediately must be true.")
        if (wanted > len(before)) != more or not 1 <= wanted <= 6 or wanted == len(before):
            raise store.invalid_value(
                f"NewReplicaCount {wanted - 1} is not allowed for a group of "
                f"{len(before) - 1} replicas."
            )
        group.member_clusters = [
            f"{group.replication_group_id}-{number:03}" for number in range(1, wanted + 1)
        ]
        try:
            elasticache_rules.group(backend, group)
            server_settings.converge(plane, backend, group)
        except BaseException:
            group.member_clusters = before
            raise
        _watch_snapshots(group)
        return ActionResult({"ReplicationGroup": group})

    ElastiCacheResponse.modify_replication_group = modify
    ElastiCacheResponse.increase_replica_count = increase
    ElastiCacheResponse.decrease_replica_count = decrease


def _change(group: Any, requested: dict[str, Any]) -> None:
    immediately = requested.pop("ApplyImmediately", False)
    if requested.get("Engine", elasticache_rules.ENGINE).lower() != elasticache_rules.ENGINE:
        raise store.refusal("NotImplemented", "The sandbox has servers of Redis only.")
    if "EngineVersion" in requested:
        requested["EngineVersion"] = elasticache_rules.version(requested["EngineVersion"])
        elasticache_rules.upgrade(group.engine_version, requested["EngineVersion"])
    pending = {} if immediately else dict(group.pending_modified_values)
    if immediately:
        requested = {**group.pending_modified_values, **requested}
    for name, attribute in _DEFERRED.items():
        value = requested.get(name)
        if value is not None and immediately:
            setattr(group, attribute, value)
        elif value is not None and value != getattr(group, attribute):
            pending[name] = value
    group.pending_modified_values = pending
    for name, attribute in _AT_ONCE.items():
        if name in requested:
            setattr(group, attribute, requested[name])
    for name, attribute in _SWITCHES.items():
        if name in requested:
            setattr(group, attribute, "enabled" if requested[name] else "disabled")
    group.preferred_maintenance_window = group.preferred_maintenance_window.lower()
    _change_users(group, requested)
    _change_logs(group, requested.get("LogDeliveryConfigurations") or [])
    _watch_snapshots(group)


def _change_users(group: Any, requested: dict[str, Any]) -> None:
    kept = [] if requested.get("RemoveUserGroups") else list(group.user_group_ids)
    for name in requested.get("UserGroupIdsToRemove") or []:
        if name not in kept:
            raise store.refusal("UserGroupNotFound", f"User group {name} is not associated.")
        kept.remove(name)
    group.user_group_ids = [*kept, *(requested.get("UserGroupIdsToAdd") or [])]


def _change_logs(group: Any, changes: list[dict[str, Any]]) -> None:
    logs = {row["LogType"]: row for row in group.log_delivery_configurations}
    for change in changes:
        if change.get("Enabled") is False:
            logs.pop(change["LogType"], None)
        else:
            kept = {key: value for key, value in change.items() if key != "Enabled"}
            logs[change["LogType"]] = {**kept, "status": "active"}
    group.log_delivery_configurations = list(logs.values())


def _patch_delete(plane: DataPlane) -> None:
    # moto keeps deleted groups and creates no final snapshot.
    def delete(response: Any) -> Any:
        backend, requested = response.elasticache_backend, response.params
        group = _group(backend, requested["ReplicationGroupId"])
        if requested.get("RetainPrimaryCluster"):
            raise store.refusal("NotImplemented", "The sandbox ends the primary with its group.")
        if final := requested.get("FinalSnapshotIdentifier"):
            if final in backend.snapshots:
                raise SnapshotAlreadyExists(final)
            backend.create_snapshot(final, group.replication_group_id, None, None, None)
        del backend.replication_groups[group.replication_group_id]
        plane.redis.destroy(server_settings.group_key(backend, group))
        gone = copy.copy(group)
        gone.status = "deleting"
        return ActionResult({"ReplicationGroup": gone})

    ElastiCacheResponse.delete_replication_group = delete


def _patch_members() -> None:
    # moto doesn't describe the members of a group as cache clusters.
    @wrap_method(ElastiCacheBackend, "describe_cache_clusters")
    def describe(original: Method, backend: Any, cache_cluster_id: str | None = None) -> Any:
        members = {
            member: _member(backend, group, member)
            for group in backend.replication_groups.values()
            for member in group.member_clusters
        }
        if cache_cluster_id in members:
            return [members[cache_cluster_id]]
        if cache_cluster_id is not None:
            if cache_cluster_id not in backend.cache_clusters:
                raise CacheClusterNotFound(cache_cluster_id)
            return original(backend, cache_cluster_id=cache_cluster_id)
        return [*original(backend, cache_cluster_id=None), *members.values()]

    ReplicationGroup.storage_encryption_type = property(
        lambda group: "sse-kms" if group.kms_key_id else None
    )


def _member(backend: Any, group: Any, name: str) -> dict[str, Any]:
    (described,) = (
        each
        for each in group.node_groups[0]["node_group_members"]
        if each["cache_cluster_id"] == name
    )
    return {
        "CacheClusterId": name,
        "CacheClusterStatus": group.status,
        "CacheNodeType": group.cache_node_type,
        "Engine": group.engine,
        "EngineVersion": f"{group.engine_version}.0",
        "NumCacheNodes": 1,
        # AWS has it for Memcached only; here it holds the requested port, while Endpoint has the
        # server's own
        "ConfigurationEndpoint": {"Address": "127.0.0.1", "Port": group.port},
        "PreferredAvailabilityZone": described["preferred_availability_zone"],
        "PreferredMaintenanceWindow": group.preferred_maintenance_window,
        "CacheParameterGroup": {
            "CacheParameterGroupName": group.cache_parameter_group_name,
            "ParameterApplyStatus": "in-sync",
        },
        "CacheSubnetGroupName": group.cache_subnet_group_name,
        "CacheNodes": [
            {
                "CacheNodeId": "0001",
                "CacheNodeStatus": group.status,
                "Endpoint": {
                    "Address": described["read_endpoint"]["address"],
                    "Port": described["read_endpoint"]["port"],
                },
                "ParameterGroupStatus": "in-sync",
            }
        ],
        "AutoMinorVersionUpgrade": group.auto_minor_version_upgrade,
        "SecurityGroups": [
            {"SecurityGroupId": each, "Status": "active"} for each in group.security_group_ids or []
        ],
        "ReplicationGroupId": group.replication_group_id,
        "SnapshotRetentionLimit": group.snapshot_retention_limit,
        "SnapshotWindow": group.snapshot_window,
        "TransitEncryptionEnabled": group.transit_encryption_enabled,
        "TransitEncryptionMode": group.transit_encryption_mode,
        "AtRestEncryptionEnabled": group.at_rest_encryption_enabled,
        "ARN": store.arn(backend, "cluster", name),
    }


def _group(backend: Any, name: str) -> Any:
    if name.lower() not in backend.replication_groups:
        raise ReplicationGroupNotFound(name)
    return backend.replication_groups[name.lower()]
