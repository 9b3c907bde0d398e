"""ElastiCache's parameter groups, subnet groups, users and user groups."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import (
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties

TO_VALKEY = "Valkey is an upgrade in place that has no way back"
_PARAMETERS_PER_CALL = 20


def update_tags(aws: Aws, arn: str, state: Properties, inputs: Properties) -> None:
    """ElastiCache's tags of any of its resources."""
    wanted, unwanted = tag_changes(state, inputs)
    elasticache = aws.client("elasticache")
    if unwanted:
        elasticache.remove_tags_from_resource(ResourceName=arn, TagKeys=unwanted)
    if wanted:
        elasticache.add_tags_to_resource(ResourceName=arn, Tags=tag_list(wanted))


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    answer = aws.client("elasticache").list_tags_for_resource(ResourceName=arn)
    return tag_map(answer["TagList"])


class _ElastiCache(AwsResourceType):
    service = "elasticache"

    def created(self, aws: Aws, call: str, inputs: Properties) -> None:
        arguments = {**self.arguments(inputs), "Tags": tag_list(inputs["tags"])}
        getattr(aws.client("elasticache"), call)(**arguments)


class SubnetGroup(_ElastiCache):
    token = "aws:elasticache/subnetGroup:SubnetGroup"
    cfn = "AWS::ElastiCache::SubnetGroup"
    absent = frozenset({"CacheSubnetGroupNotFoundFault"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("CacheSubnetGroupName", bound=True, replaces=REGISTRY),
        "description": Property(
            "CacheSubnetGroupDescription", default="Managed by Pulumi", bound=True
        ),
        "subnetIds": Property("SubnetIds", required=True, bound=True, unordered=True),
        "tags": TAGS,
        "arn": Property("ARN", output=True),
        "vpcId": Property("VpcId", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self.created(aws, "create_cache_subnet_group", inputs)
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("elasticache").describe_cache_subnet_groups(
            CacheSubnetGroupName=resource_id
        )
        group = answer["CacheSubnetGroups"][0]
        return {
            **self.bound_values(group),
            "subnetIds": sorted(subnet["SubnetIdentifier"] for subnet in group["Subnets"]),
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
        with self.existing():
            if changed - {"tags"}:
                aws.client("elasticache").modify_cache_subnet_group(**self.arguments(inputs))
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elasticache").delete_cache_subnet_group(CacheSubnetGroupName=resource_id)


class ParameterGroup(_ElastiCache):
    token = "aws:elasticache/parameterGroup:ParameterGroup"
    cfn = "AWS::ElastiCache::ParameterGroup"
    absent = frozenset({"CacheParameterGroupNotFound"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("CacheParameterGroupName", bound=True, replaces=PROVIDER),
        "family": Property(
            "CacheParameterGroupFamily", required=True, bound=True, replaces=REGISTRY
        ),
        "description": Property(
            "Description", default="Managed by Pulumi", bound=True, replaces=PROVIDER
        ),
        "parameters": Property(default=[], bound=True, unordered=True),
        "tags": TAGS,
        "arn": Property("ARN", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self.created(aws, "create_cache_parameter_group", inputs)
        return Created(inputs["name"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        """Sets what is not set yet; a group that a failed run left half filled is completed."""
        present = self._parameters(aws, resource_id)
        missing = [row for row in inputs["parameters"] if row not in present]
        for start in range(0, len(missing), _PARAMETERS_PER_CALL):
            aws.client("elasticache").modify_cache_parameter_group(
                CacheParameterGroupName=resource_id,
                ParameterNameValues=[
                    {"ParameterName": row["name"], "ParameterValue": row["value"]}
                    for row in missing[start : start + _PARAMETERS_PER_CALL]
                ],
            )

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("elasticache").describe_cache_parameter_groups(
            CacheParameterGroupName=resource_id
        )
        group = answer["CacheParameterGroups"][0]
        return {
            **self.bound_values(group),
            "parameters": self._parameters(aws, resource_id),
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
        """Takes off what is not wanted any more; settling sets the rest."""
        with self.existing():
            wanted = {row["name"] for row in inputs["parameters"]}
            unwanted = [
                row for row in self._parameters(aws, resource_id) if row["name"] not in wanted
            ]
            if unwanted:
                aws.client("elasticache").reset_cache_parameter_group(
                    CacheParameterGroupName=resource_id,
                    ParameterNameValues=[
                        {"ParameterName": row["name"], "ParameterValue": row["value"]}
                        for row in unwanted
                    ],
                )
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elasticache").delete_cache_parameter_group(
                CacheParameterGroupName=resource_id
            )

    def _parameters(self, aws: Aws, group: str) -> list[dict[str, str]]:
        pages = aws.client("elasticache").get_paginator("describe_cache_parameters")
        found = [
            {"name": row["ParameterName"], "value": row["ParameterValue"]}
            for page in pages.paginate(CacheParameterGroupName=group, Source="user")
            for row in page["Parameters"]
        ]
        return sorted(found, key=lambda row: row["name"])


class User(_ElastiCache):
    """Its passwords are never told again: a change of theirs behind the engine's back shows in no
    read, as with the real provider."""

    token = "aws:elasticache/user:User"
    cfn = "AWS::ElastiCache::User"
    absent = frozenset({"UserNotFound"})
    named_by = "userId"
    properties = {
        "userId": Property("UserId", required=True, bound=True, replaces=REGISTRY),
        "userName": Property("UserName", required=True, bound=True, replaces=REGISTRY),
        "engine": Property("Engine", required=True, bound=True, irreversible=TO_VALKEY),
        "accessString": Property("AccessString", required=True, bound=True),
        "passwords": Property("Passwords", unordered=True, secret=True),
        "noPasswordRequired": Property("NoPasswordRequired", default=False),
        "tags": TAGS,
        "arn": Property("ARN", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self.created(aws, "create_user", inputs)
        return Created(inputs["userId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        user = aws.client("elasticache").describe_users(UserId=resource_id)["Users"][0]
        return {**self.bound_values(user), "tags": tags_of(aws, user["ARN"])}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            arguments = self.arguments(inputs, changed)
            if arguments:
                aws.client("elasticache").modify_user(UserId=resource_id, **arguments)
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elasticache").delete_user(UserId=resource_id)


class UserGroup(_ElastiCache):
    token = "aws:elasticache/userGroup:UserGroup"
    cfn = "AWS::ElastiCache::UserGroup"
    absent = frozenset({"UserGroupNotFound"})
    named_by = "userGroupId"
    properties = {
        "userGroupId": Property("UserGroupId", required=True, bound=True, replaces=REGISTRY),
        "engine": Property("Engine", required=True, bound=True, irreversible=TO_VALKEY),
        "userIds": Property("UserIds", default=[], bound=True, unordered=True),
        "tags": TAGS,
        "arn": Property("ARN", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self.created(aws, "create_user_group", inputs)
        return Created(inputs["userGroupId"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("elasticache").describe_user_groups(UserGroupId=resource_id)
        group = answer["UserGroups"][0]
        return {**self.bound_values(group), "tags": tags_of(aws, group["ARN"])}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        wanted, present = set(inputs["userIds"]), set(state.get("userIds") or [])
        changes: dict[str, Any] = {
            "UserIdsToAdd": sorted(wanted - present),
            "UserIdsToRemove": sorted(present - wanted),
        }
        arguments = {name: users for name, users in changes.items() if users}
        if "engine" in changed:
            arguments["Engine"] = inputs["engine"]
        with self.existing():
            if arguments:
                aws.client("elasticache").modify_user_group(UserGroupId=resource_id, **arguments)
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elasticache").delete_user_group(UserGroupId=resource_id)


RESOURCE_TYPES = (SubnetGroup(), ParameterGroup(), User(), UserGroup())
