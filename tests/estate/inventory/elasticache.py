"""What exists of ElastiCache, less what AWS has from the start."""

from __future__ import annotations

from collections.abc import Callable

import boto3

REGION = "us-east-1"


def _ids(call: str, key: str, name: str) -> Callable[[], set[str]]:
    def found() -> set[str]:
        items = getattr(boto3.client("elasticache", region_name=REGION), call)()[key]
        return {item[name] for item in items if not item[name].startswith("default")}

    return found


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:elasticache/subnetGroup:SubnetGroup": _ids(
        "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _ids(
        "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName"
    ),
    "aws:elasticache/user:User": _ids("describe_users", "Users", "UserId"),
    "aws:elasticache/userGroup:UserGroup": _ids(
        "describe_user_groups", "UserGroups", "UserGroupId"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _ids(
        "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"
    ),
}
