"""AWS's rules for replication groups that moto lacks, as functions of the requested values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from moto.elasticache.exceptions import CacheSubnetGroupNotFound
from moto.kms.models import kms_backends

from sandbox import aws_data
from sandbox.emulator.elasticache import store, windows

ENGINE = "redis"
_CLUSTER = "AWS::ElastiCache::CacheCluster"
_ID = re.compile(r"(?!.*--)[a-z][a-z0-9-]{0,39}(?<!-)")
_MOST_NODES = 6
_LONGEST_RETENTION = 35
_SHORTEST_WINDOW = 60


@cache
def versions() -> tuple[str, ...]:
    """The supported versions of Redis; from 6 on AWS names them without a patch level."""
    for rule in aws_data.extension(_CLUSTER, "engine_version")["allOf"]:
        if rule["if"]["properties"]["Engine"].get("const") == ENGINE:
            return tuple(rule["then"]["properties"]["EngineVersion"]["enum"])
    raise LookupError("cfn-lint's table of engine versions has no entry for redis")


@cache
def node_types(region: str) -> frozenset[str]:
    return frozenset(aws_data.extension(_CLUSTER, "cachenodetype_enum")[region]["enum"])


def version(stated: str | None) -> str:
    if stated is None:
        return max(versions(), key=aws_data.numbers)
    if stated not in versions():
        raise store.invalid_combination(f"Cannot find version {stated} for {ENGINE}")
    if aws_data.numbers(stated)[0] < 7:
        raise store.refusal("NotImplemented", "The sandbox has no server of Redis before 7.")
    return stated


def upgrade(old: str, new: str) -> None:
    if aws_data.numbers(new) < aws_data.numbers(old):
        raise store.invalid_combination(f"The engine can't be downgraded from {old} to {new}.")


def refuse_unsupported(requested: Mapping[str, Any]) -> None:
    if (requested.get("engine") or ENGINE).lower() != ENGINE:
        raise store.refusal("NotImplemented", "The sandbox supports only Redis.")
    if requested.get("auth_token"):
        raise store.refusal(
            "NotImplemented", "The sandbox supports users and user groups, but no AUTH tokens."
        )
    sharded = (requested.get("num_node_groups") or 1) > 1 or requested.get(
        "cluster_mode"
    ) == "enabled"
    if sharded or requested.get("node_group_configuration"):
        raise store.refusal(
            "NotImplemented", "The sandbox supports only replication groups with one shard."
        )
    for name in ("snapshot_name", "snapshot_arns", "global_replication_group_id"):
        if requested.get(name):
            raise store.refusal(
                "NotImplemented", "The sandbox can't restore data into a new group."
            )


def new_group(backend: Any, requested: Mapping[str, Any]) -> None:
    if not _ID.fullmatch(requested["replication_group_id"].lower()):
        raise store.invalid_value(
            f"The replication group id {requested['replication_group_id']} must have 1 to 40 "
            "letters, digits and single hyphens, begin with a letter and not end with a hyphen."
        )
    if not requested.get("replication_group_description"):
        raise store.invalid_value("The parameter ReplicationGroupDescription must not be empty.")
    nodes = requested.get("num_cache_clusters") or 1
    if not 1 <= nodes <= _MOST_NODES:
        raise store.invalid_value(f"NumCacheClusters must be from 1 to {_MOST_NODES}: {nodes}.")
    subnets = requested.get("cache_subnet_group_name")
    if subnets and subnets not in backend.cache_subnet_groups:
        raise CacheSubnetGroupNotFound(subnets)
    _key(backend, requested)


def _key(backend: Any, requested: Mapping[str, Any]) -> None:
    key_id = requested.get("kms_key_id")
    if not key_id:
        return
    if not requested.get("at_rest_encryption_enabled"):
        raise store.invalid_combination("KmsKeyId needs AtRestEncryptionEnabled.")
    kms = kms_backends[backend.account_id][backend.region_name]
    key = kms.keys.get(kms.any_id_to_key_id(key_id))
    if key is None or key.key_state != "Enabled":
        raise store.invalid_value(f"The KMS key {key_id} does not exist or is not enabled.")


def group(backend: Any, wanted: Any) -> None:
    """Rules that apply both when a group is created and when it is modified."""
    if wanted.cache_node_type not in node_types(backend.region_name):
        raise store.invalid_value(
            f"The parameter CacheNodeType has an invalid value: {wanted.cache_node_type}"
        )
    _failover(wanted)
    parameters = store.parameter_group(backend, wanted.cache_parameter_group_name)
    family = f"{ENGINE}{wanted.engine_version.partition('.')[0]}"
    if parameters.cache_parameter_group_family != family:
        raise store.invalid_combination(
            f"Expected a parameter group of family {family} but found one of family "
            f"{parameters.cache_parameter_group_family}"
        )
    _users(backend, wanted)
    _windows(wanted)


def _failover(wanted: Any) -> None:
    failover, zones = wanted.automatic_failover == "enabled", wanted.multi_az == "enabled"
    if failover and len(wanted.member_clusters) < 2:
        raise store.invalid_combination(
            "Automatic failover is not supported for a replication group of fewer than two nodes."
        )
    if zones and not failover:
        raise store.invalid_combination("MultiAZ needs AutomaticFailoverEnabled.")


def _users(backend: Any, wanted: Any) -> None:
    if not wanted.user_group_ids:
        return
    if len(wanted.user_group_ids) > 1:
        raise store.invalid_value("A replication group has at most one user group.")
    store.user_group(backend, wanted.user_group_ids[0])
    if not wanted.transit_encryption_enabled:
        raise store.invalid_combination(
            "User group based access control needs encryption in transit."
        )


def _windows(wanted: Any) -> None:
    days = wanted.snapshot_retention_limit
    if not 0 <= days <= _LONGEST_RETENTION:
        raise store.invalid_value(
            f"SnapshotRetentionLimit must be from 0 to {_LONGEST_RETENTION}: {days}."
        )
    for name, length in (
        ("SnapshotWindow", windows.minutes(windows.daily(wanted.snapshot_window))),
        (
            "PreferredMaintenanceWindow",
            windows.minutes(windows.weekly(wanted.preferred_maintenance_window)),
        ),
    ):
        if length < _SHORTEST_WINDOW:
            raise store.invalid_value(f"The {name} must be {_SHORTEST_WINDOW} minutes or more.")
    if days and windows.overlap(wanted.snapshot_window, wanted.preferred_maintenance_window):
        raise store.invalid_combination(
            "The snapshot window and the maintenance window must not overlap."
        )
