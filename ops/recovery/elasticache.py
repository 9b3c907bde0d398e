"""Finds ElastiCache's resources: each by its name, which is unique."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place


def named(call: str, argument: str, items: str, property_name: str) -> Finder:
    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        name = inputs[property_name]
        for item in getattr(place.aws("elasticache"), call)(**{argument: name})[items]:
            if item.get("Status") != "deleting":
                yield item[argument]

    return finder


FINDERS: Mapping[str, Finder] = {
    "aws:elasticache/parameterGroup:ParameterGroup": named(
        "describe_cache_parameter_groups", "CacheParameterGroupName", "CacheParameterGroups", "name"
    ),
    "aws:elasticache/subnetGroup:SubnetGroup": named(
        "describe_cache_subnet_groups", "CacheSubnetGroupName", "CacheSubnetGroups", "name"
    ),
    "aws:elasticache/user:User": named("describe_users", "UserId", "Users", "userId"),
    "aws:elasticache/userGroup:UserGroup": named(
        "describe_user_groups", "UserGroupId", "UserGroups", "userGroupId"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": named(
        "describe_replication_groups",
        "ReplicationGroupId",
        "ReplicationGroups",
        "replicationGroupId",
    ),
}
