"""The security group that AWS makes with every VPC, taken over without any rules."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource, update_tags
from sandbox.providers.aws.ec2_security import revoke, rules_of
from sandbox.providers.aws.resource import ARN, PROVIDER, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties


class DefaultSecurityGroup(Ec2Resource):
    """The sandbox knows it closed only: with no rules at all."""

    token = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
    noun, id_key = "security-group", "GroupId"
    describe_call = ("describe_security_groups", "GroupIds", "SecurityGroups")
    absent = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.NotFound"})
    properties = {
        "vpcId": Property(bound=True, required=True, replaces=PROVIDER),
        "ingress": Property(default=[], bound=True, unordered=True),
        "egress": Property(default=[], bound=True, unordered=True),
        "revokeRulesOnDelete": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
        "description": Property("Description", output=True),
        "name": Property("GroupName", output=True),
        "ownerId": Property("OwnerId", output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        return [
            (name, "the sandbox only knows a closed default group: give no rules")
            for name in ("ingress", "egress")
            if inputs[name]
        ]

    def create(self, aws: Aws, inputs: Properties) -> Created:
        wanted = {"vpc-id": inputs["vpcId"], "group-name": "default"}
        filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
        groups = aws.client("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]
        if not groups:
            raise ValueError(f"{inputs['vpcId']} has no default security group")
        return Created(groups[0]["GroupId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        update_tags(aws, resource_id, {}, inputs)
        for direction in ("ingress", "egress"):
            rules = rules_of(aws, resource_id, direction)
            revoke(aws, resource_id, direction, [rule["SecurityGroupRuleId"] for rule in rules])

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        return {
            "arn": aws.arn("ec2", f"security-group/{resource_id}"),
            "vpcId": item["VpcId"],
            "ingress": [_rule(permission) for permission in item["IpPermissions"]],
            "egress": [_rule(permission) for permission in item["IpPermissionsEgress"]],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """AWS lets nobody delete it: it stays, closed, and goes with its VPC."""
        with self.existing():
            aws.client("ec2").describe_security_groups(GroupIds=[resource_id])


def _rule(permission: dict[str, Any]) -> Properties:
    """A permission of EC2's as the provider writes an inline rule."""
    sources = {
        "cidrBlocks": [source["CidrIp"] for source in permission.get("IpRanges", [])],
        "ipv6CidrBlocks": [source["CidrIpv6"] for source in permission.get("Ipv6Ranges", [])],
        "prefixListIds": [source["PrefixListId"] for source in permission.get("PrefixListIds", [])],
        "securityGroups": [source["GroupId"] for source in permission.get("UserIdGroupPairs", [])],
    }
    return {
        "protocol": permission["IpProtocol"],
        "fromPort": permission.get("FromPort", 0),
        "toPort": permission.get("ToPort", 0),
        **{name: values for name, values in sources.items() if values},
    }


RESOURCE_TYPES = (DefaultSecurityGroup(),)
