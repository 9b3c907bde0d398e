"""ElastiCache replication groups."""

from __future__ import annotations

from typing import Any

from sandbox import aws_data
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.aws.types.ports import ConfiguredPort
from sandbox.providers.wire import Properties, has_unknown

TLS_LATER = "7.0.5"
"""The first version for which TLS can be enabled after the creation."""
_CLUSTER = "AWS::ElastiCache::CacheCluster"
_NOT_MODIFIABLE = {
    *("replicationGroupId", "subnetGroupName", "port", "kmsKeyId", "atRestEncryptionEnabled"),
    *("numCacheClusters", "userGroupIds", "logDeliveryConfigurations", "applyImmediately"),
}


class ReplicationGroup(ConfiguredPort, AwsResourceType):
    """One shard: cluster mode is disabled.

    AWS returns engine versions with the patch (7.1.0) and accepts them without (7.1).
    """

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        faults = super().validate(inputs)
        node_type, version = inputs.get("nodeType"), inputs.get("engineVersion")
        tables = aws_data.extension(_CLUSTER, "cachenodetype_enum")
        offered = tables.get(inputs.get("region", "us-east-1"), {}).get("enum", [])
        if isinstance(node_type, str) and node_type not in offered:
            faults.append(("nodeType", f"{node_type} is no node type of this region"))
        engine = inputs.get("engine")
        if isinstance(version, str) and not has_unknown(engine):
            for rule in aws_data.extension(_CLUSTER, "engine_version")["allOf"]:
                if rule["if"]["properties"]["Engine"].get("const") == engine:
                    known = rule["then"]["properties"]["EngineVersion"]["enum"]
                    if version not in known:
                        faults.append(("engineVersion", f"{version} is none of {', '.join(known)}"))
        return faults

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """As in the provider's CustomizeDiff: downgrades, and TLS for old versions, replace."""
        old, new = state.get(name), inputs.get(name)
        if name == "engine":
            return (old, new) != ("redis", "valkey")
        if name == "engineVersion":
            return older(new, old)
        if name == "transitEncryptionEnabled":
            return older(state.get("engineVersionActual"), TLS_LATER)
        return super().forces(name, state, inputs)

    def item(self, aws: Aws, resource_id: str, state: Properties) -> Any:
        """The group with its first member, which has half of the group's properties."""
        group = super().item(aws, resource_id, state)
        call = Operation.parse("describe_cache_clusters {CacheClusterId: each} -> cacheClusters[0]")
        member = self.scope(aws, {"each": group["memberClusters"][0]}).run(call)
        return {**member, **group, "member": member}

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        inputs, present = scope.values, state.get("numCacheClusters")
        nodes = inputs.get("numCacheClusters") if "numCacheClusters" in changed else None
        # a replica exists before failover is switched on, and is deleted after it is off
        if nodes and nodes > present:
            _resize(scope, "increase_replica_count", nodes)
        names = changed - _NOT_MODIFIABLE
        arguments = _lists(state, inputs, changed)
        if "transitEncryptionMode" in names:
            arguments["TransitEncryptionEnabled"] = inputs.get("transitEncryptionEnabled")
        if arguments or names & inputs.keys() - {"finalSnapshotIdentifier"}:
            at_once = bool(inputs.get("applyImmediately"))
            call = Operation("modify_replication_group")
            scope.run(call, names, ApplyImmediately=at_once, **arguments)
        if nodes and nodes < present:
            _resize(scope, "decrease_replica_count", nodes)


def _lists(state: Properties, inputs: Properties, changed: frozenset[str]) -> dict[str, Any]:
    arguments: dict[str, Any] = {}
    if "userGroupIds" in changed:
        old, new = set(state.get("userGroupIds") or []), set(inputs["userGroupIds"])
        arguments["UserGroupIdsToAdd"] = sorted(new - old) or None
        arguments["UserGroupIdsToRemove"] = sorted(old - new) or None
    if "logDeliveryConfigurations" in changed:
        rows = inputs["logDeliveryConfigurations"]  # as they are sent
        kept = {row["logType"] for row in rows}
        ended = [
            {"LogType": row["logType"], "Enabled": False}
            for row in state.get("logDeliveryConfigurations") or []
            if row["logType"] not in kept
        ]
        arguments["LogDeliveryConfigurations"] = [*rows, *ended]
    return arguments


def older(version: Any, than: Any) -> bool:
    """Whether both versions are known and the first comes before the second."""
    if not isinstance(version, str) or not isinstance(than, str):
        return False
    return aws_data.numbers(version) < aws_data.numbers(than)


def _resize(scope: Scope, call: str, nodes: int) -> None:
    scope.run(Operation(call), NewReplicaCount=nodes - 1, ApplyImmediately=True)
