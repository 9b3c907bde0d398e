"""RDS subnet groups and parameter groups."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import (
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

_PARAMETERS_PER_CALL = 20


def update_tags(aws: Aws, arn: str, state: Properties, inputs: Properties) -> None:
    """RDS's tags of any of its resources."""
    wanted, unwanted = tag_changes(state, inputs)
    rds = aws.client("rds")
    if unwanted:
        rds.remove_tags_from_resource(ResourceName=arn, TagKeys=unwanted)
    if wanted:
        rds.add_tags_to_resource(ResourceName=arn, Tags=tag_list(wanted))


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    """The tags of any RDS resource."""
    return tag_map(aws.client("rds").list_tags_for_resource(ResourceName=arn)["TagList"])


class SubnetGroup(AwsResourceType):
    token = "aws:rds/subnetGroup:SubnetGroup"
    cfn = "AWS::RDS::DBSubnetGroup"
    service = "rds"
    absent = frozenset({"DBSubnetGroupNotFoundFault"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("DBSubnetGroupName", bound=True, replaces=REGISTRY),
        "description": Property(
            "DBSubnetGroupDescription", default="Managed by Pulumi", bound=True
        ),
        "subnetIds": Property("SubnetIds", required=True, bound=True, unordered=True),
        "tags": TAGS,
        "arn": Property("DBSubnetGroupArn", output=True),
        "vpcId": Property("VpcId", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        tags = tag_list(inputs["tags"])
        aws.client("rds").create_db_subnet_group(**self.arguments(inputs), Tags=tags)
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("rds").describe_db_subnet_groups(DBSubnetGroupName=resource_id)
        group = answer["DBSubnetGroups"][0]
        return {
            **self.bound_values(group),
            "subnetIds": sorted(subnet["SubnetIdentifier"] for subnet in group["Subnets"]),
            "tags": tags_of(aws, group["DBSubnetGroupArn"]),
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
                aws.client("rds").modify_db_subnet_group(**self.arguments(inputs))
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("rds").delete_db_subnet_group(DBSubnetGroupName=resource_id)


class ParameterGroup(AwsResourceType):
    token = "aws:rds/parameterGroup:ParameterGroup"
    cfn = "AWS::RDS::DBParameterGroup"
    service = "rds"
    absent = frozenset({"DBParameterGroupNotFound", "DBParameterGroupNotFoundFault"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("DBParameterGroupName", bound=True, replaces=REGISTRY),
        "family": Property("Family", required=True, bound=True, replaces=REGISTRY),
        "description": Property(
            "Description", default="Managed by Pulumi", bound=True, replaces=REGISTRY
        ),
        "parameters": Property(default=[], bound=True, unordered=True),
        "skipDestroy": Property(default=False),
        "tags": TAGS,
        "arn": Property("DBParameterGroupArn", output=True),
    }

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "parameters":
            # AWS takes an apply method with a value; alone it changes nothing, as in the provider
            return _values(actual) == _values(desired)
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("rds").create_db_parameter_group(
            DBParameterGroupName=inputs["name"],
            DBParameterGroupFamily=inputs["family"],
            Description=inputs["description"],
            Tags=tag_list(inputs["tags"]),
        )
        return Created(inputs["name"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        """Sets what is not set yet; a group that a failed run left half filled is completed."""
        present = _values(self._parameters(aws, resource_id))
        missing = [row for row in inputs["parameters"] if present.get(row["name"]) != row["value"]]
        for start in range(0, len(missing), _PARAMETERS_PER_CALL):
            aws.client("rds").modify_db_parameter_group(
                DBParameterGroupName=resource_id,
                Parameters=[
                    _api_parameter(row) for row in missing[start : start + _PARAMETERS_PER_CALL]
                ],
            )

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("rds").describe_db_parameter_groups(DBParameterGroupName=resource_id)
        group = answer["DBParameterGroups"][0]
        live = self._parameters(aws, resource_id)
        stated = state.get("parameters") or []
        order = {row["name"]: place for place, row in enumerate(stated)}
        methods = {row["name"]: row.get("applyMethod") for row in stated}
        for row in live:
            row["applyMethod"] = methods.get(row["name"]) or row["applyMethod"]
        return {
            **self.bound_values(group),
            "family": group["DBParameterGroupFamily"],
            "parameters": sorted(
                live, key=lambda row: (order.get(row["name"], len(order)), row["name"])
            ),
            "tags": tags_of(aws, group["DBParameterGroupArn"]),
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
                aws.client("rds").reset_db_parameter_group(
                    DBParameterGroupName=resource_id,
                    Parameters=[
                        {"ParameterName": row["name"], "ApplyMethod": row["applyMethod"]}
                        for row in unwanted
                    ],
                )
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        with self.existing():
            aws.client("rds").delete_db_parameter_group(DBParameterGroupName=resource_id)

    def _parameters(self, aws: Aws, group: str) -> list[dict[str, str]]:
        pages = aws.client("rds").get_paginator("describe_db_parameters")
        return [
            {
                "name": row["ParameterName"],
                "value": row["ParameterValue"],
                "applyMethod": row.get("ApplyMethod", "immediate"),
            }
            for page in pages.paginate(DBParameterGroupName=group, Source="user")
            for row in page["Parameters"]
        ]


def _values(parameters: list[dict[str, str]]) -> dict[str, str]:
    return {row["name"]: row["value"] for row in parameters}


def _api_parameter(row: dict[str, str]) -> dict[str, str]:
    return {
        "ParameterName": row["name"],
        "ParameterValue": row["value"],
        "ApplyMethod": row.get("applyMethod", "immediate"),
    }


RESOURCE_TYPES = (SubnetGroup(), ParameterGroup())
