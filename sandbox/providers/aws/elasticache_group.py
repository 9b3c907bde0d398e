"""ElastiCache's replication group: the one of its types whose replacement loses data."""

from __future__ import annotations

from typing import Any

from sandbox import aws_data
from sandbox.providers.aws.elasticache import TO_VALKEY, tags_of, update_tags
from sandbox.providers.aws.resource import TAGS, AwsResourceType, tag_list
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties, has_unknown

# Two sources for each: createOnly in the registry schema, and ForceNew in the provider's schema
# (hashicorp/terraform-provider-aws, internal/service/elasticache/replication_group.go).
BOTH = "createOnly in the registry schema and ForceNew in terraform-provider-aws"
TLS = (
    "ElastiCache switches TLS on in two steps, preferred and then required, and off in the same "
    "two backwards, while clients follow: that is a person's work, not one update"
)
TLS_LATER = "7.0.5"
"""The first version whose groups may get TLS after their creation."""
_CLUSTER = "AWS::ElastiCache::CacheCluster"
_NOT_MODIFIABLE = {
    *("replicationGroupId", "subnetGroupName", "port", "kmsKeyId", "atRestEncryptionEnabled"),
    *("numCacheClusters", "userGroupIds", "logDeliveryConfigurations", "tags"),
}


class ReplicationGroup(AwsResourceType):
    """One shard: cluster mode is disabled.

    AWS tells an engine version with its patch (7.1.0), and takes it without (7.1).
    """

    token = "aws:elasticache/replicationGroup:ReplicationGroup"
    cfn = "AWS::ElastiCache::ReplicationGroup"
    service = "elasticache"
    absent = frozenset({"ReplicationGroupNotFoundFault"})
    named_by, autonames = "replicationGroupId", True
    properties = {
        "replicationGroupId": Property("ReplicationGroupId", bound=True, replaces=BOTH),
        "description": Property("ReplicationGroupDescription", required=True, bound=True),
        "engine": Property("Engine", default="redis", bound=True, irreversible=TO_VALKEY),
        "engineVersion": Property(
            "EngineVersion",
            computed=True,
            bound=True,
            irreversible="ElastiCache upgrades only: an older version is another group",
        ),
        "nodeType": Property("CacheNodeType", computed=True, bound=True),
        "numCacheClusters": Property("NumCacheClusters", computed=True, bound=True),
        "automaticFailoverEnabled": Property("AutomaticFailoverEnabled", default=False, bound=True),
        "multiAzEnabled": Property("MultiAZEnabled", default=False, bound=True),
        "parameterGroupName": Property("CacheParameterGroupName", computed=True, bound=True),
        "subnetGroupName": Property(
            "CacheSubnetGroupName", computed=True, bound=True, replaces=BOTH
        ),
        "securityGroupIds": Property("SecurityGroupIds", computed=True, bound=True, unordered=True),
        "port": Property("Port", computed=True, bound=True, replaces=BOTH),
        "transitEncryptionEnabled": Property(
            "TransitEncryptionEnabled", computed=True, bound=True, irreversible=TLS
        ),
        "transitEncryptionMode": Property("TransitEncryptionMode", computed=True, bound=True),
        "atRestEncryptionEnabled": Property(
            "AtRestEncryptionEnabled", computed=True, bound=True, replaces=BOTH
        ),
        "kmsKeyId": Property("KmsKeyId", bound=True, replaces=BOTH),
        "userGroupIds": Property("UserGroupIds", default=[], bound=True, unordered=True),
        "logDeliveryConfigurations": Property(default=[], bound=True, unordered=True),
        "maintenanceWindow": Property("PreferredMaintenanceWindow", computed=True, bound=True),
        "snapshotRetentionLimit": Property("SnapshotRetentionLimit", default=0, bound=True),
        "snapshotWindow": Property("SnapshotWindow", computed=True, bound=True),
        "autoMinorVersionUpgrade": Property("AutoMinorVersionUpgrade", computed=True, bound=True),
        "applyImmediately": Property(computed=True),
        "finalSnapshotIdentifier": Property(),
        "tags": TAGS,
        "arn": Property("ARN", output=True),
        "memberClusters": Property("MemberClusters", output=True),
        "primaryEndpointAddress": Property(output=True),
        "readerEndpointAddress": Property(output=True),
        "engineVersionActual": Property(output=True),
        "clusterEnabled": Property("ClusterEnabled", output=True),
        "configuredPort": Property(output=True),
    }

    def actual(self, name: str, state: Properties) -> Any:
        """On one machine every server needs a port of its own: `port` tells clients that one, and
        `configuredPort`, which the real provider has not, the one that was asked for."""
        return super().actual("configuredPort" if name == "port" else name, state)

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
        """What the provider's CustomizeDiff replaces a group for: ways back, and TLS too late."""
        old, new = state.get(name), inputs.get(name)
        if name == "engine":
            return (old, new) != ("redis", "valkey")
        if name == "engineVersion":
            return older(new, old)
        if name == "transitEncryptionEnabled":
            return older(state.get("engineVersionActual"), TLS_LATER)
        return super().forces(name, state, inputs)

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "maintenanceWindow":
            return bool(str(actual).lower() == str(desired).lower())
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = self.arguments(inputs)
        if not arguments["UserGroupIds"]:
            del arguments["UserGroupIds"]  # the API takes no empty list
        answer = aws.client("elasticache").create_replication_group(
            **arguments,
            LogDeliveryConfigurations=[
                _api_log(row) for row in inputs["logDeliveryConfigurations"]
            ],
            Tags=tag_list(inputs["tags"]),
        )
        return Created(answer["ReplicationGroup"]["ReplicationGroupId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        elasticache = aws.client("elasticache")
        answer = elasticache.describe_replication_groups(ReplicationGroupId=resource_id)
        group = answer["ReplicationGroups"][0]
        # half of what a group is made with is told by its members only
        members = elasticache.describe_cache_clusters(CacheClusterId=group["MemberClusters"][0])
        member = members["CacheClusters"][0]
        endpoints = group["NodeGroups"][0]
        version = member["EngineVersion"]
        return {
            **self.bound_values(member),
            **self.bound_values(group),
            "description": group["Description"],
            "engineVersion": ".".join(version.split(".")[:2]),
            "engineVersionActual": version,
            "nodeType": group["CacheNodeType"],
            "numCacheClusters": len(group["MemberClusters"]),
            "automaticFailoverEnabled": group["AutomaticFailover"] == "enabled",
            "multiAzEnabled": group["MultiAZ"] == "enabled",
            "parameterGroupName": member["CacheParameterGroup"]["CacheParameterGroupName"],
            "securityGroupIds": sorted(
                each["SecurityGroupId"] for each in member.get("SecurityGroups", [])
            ),
            "userGroupIds": group.get("UserGroupIds", []),
            "logDeliveryConfigurations": sorted(
                (_log(row) for row in group.get("LogDeliveryConfigurations", [])),
                key=lambda row: row["logType"],
            ),
            "kmsKeyId": group.get("KmsKeyId"),
            "port": endpoints["PrimaryEndpoint"]["Port"],
            "configuredPort": member["ConfigurationEndpoint"]["Port"],
            "primaryEndpointAddress": endpoints["PrimaryEndpoint"]["Address"],
            "readerEndpointAddress": endpoints["ReaderEndpoint"]["Address"],
            "tags": tags_of(aws, group["ARN"]),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        elasticache = aws.client("elasticache")
        wanted, present = inputs.get("numCacheClusters"), state.get("numCacheClusters")
        nodes = wanted if "numCacheClusters" in changed else None
        with self.existing():
            # a replica is there before failover is switched on, and goes after it is off
            if nodes and nodes > present:
                _resize(elasticache.increase_replica_count, resource_id, nodes)
            arguments = self._modifications(state, inputs, changed)
            if arguments:
                elasticache.modify_replication_group(
                    ReplicationGroupId=resource_id,
                    ApplyImmediately=bool(inputs.get("applyImmediately")),
                    **arguments,
                )
            if nodes and nodes < present:
                _resize(elasticache.decrease_replica_count, resource_id, nodes)
            update_tags(aws, state["arn"], state, inputs)

    def _modifications(
        self, state: Properties, inputs: Properties, changed: frozenset[str]
    ) -> dict[str, Any]:
        arguments = self.arguments(inputs, changed - _NOT_MODIFIABLE)
        if "TransitEncryptionMode" in arguments:
            arguments["TransitEncryptionEnabled"] = inputs.get("transitEncryptionEnabled")
        if "userGroupIds" in changed:
            old, new = set(state.get("userGroupIds") or []), set(inputs["userGroupIds"])
            groups = {
                "UserGroupIdsToAdd": sorted(new - old),
                "UserGroupIdsToRemove": sorted(old - new),
            }
            arguments |= {name: ids for name, ids in groups.items() if ids}
        if "logDeliveryConfigurations" in changed:
            rows = inputs["logDeliveryConfigurations"]
            kept = {row["logType"] for row in rows}
            gone = [
                {"LogType": row["logType"], "Enabled": False}
                for row in state.get("logDeliveryConfigurations") or []
                if row["logType"] not in kept
            ]
            arguments["LogDeliveryConfigurations"] = [*map(_api_log, rows), *gone]
        return arguments

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        final = state.get("finalSnapshotIdentifier")
        snapshot = {"FinalSnapshotIdentifier": final} if final else {}
        with self.existing():
            aws.client("elasticache").delete_replication_group(
                ReplicationGroupId=resource_id, **snapshot
            )


def older(version: Any, than: Any) -> bool:
    """Whether both versions are known and the first comes before the second."""
    if not isinstance(version, str) or not isinstance(than, str):
        return False
    return aws_data.numbers(version) < aws_data.numbers(than)


def _resize(call: Any, resource_id: str, nodes: int) -> None:
    call(ReplicationGroupId=resource_id, NewReplicaCount=nodes - 1, ApplyImmediately=True)


def _api_log(row: dict[str, str]) -> dict[str, Any]:
    details = {
        "cloudwatch-logs": {"CloudWatchLogsDetails": {"LogGroup": row["destination"]}},
        "kinesis-firehose": {"KinesisFirehoseDetails": {"DeliveryStream": row["destination"]}},
    }
    return {
        "LogType": row["logType"],
        "DestinationType": row["destinationType"],
        "DestinationDetails": details[row["destinationType"]],
        "LogFormat": row["logFormat"],
    }


def _log(row: dict[str, Any]) -> dict[str, str]:
    details = row["DestinationDetails"]
    destination = (
        details["CloudWatchLogsDetails"]["LogGroup"]
        if row["DestinationType"] == "cloudwatch-logs"
        else details["KinesisFirehoseDetails"]["DeliveryStream"]
    )
    return {
        "destination": destination,
        "destinationType": row["DestinationType"],
        "logFormat": row["LogFormat"],
        "logType": row["LogType"],
    }


RESOURCE_TYPES = (ReplicationGroup(),)
