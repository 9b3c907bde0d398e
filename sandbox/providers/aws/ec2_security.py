"""Security groups, their rules, and who owns the list of rules."""

from __future__ import annotations

from typing import Any, Literal

from sandbox.providers.aws.ec2 import Ec2Resource, update_tags
from sandbox.providers.aws.resource import ARN, PROVIDER, REGISTRY, TAGS, AwsResourceType, tag_map
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property, empty
from sandbox.providers.wire import Properties

SOURCES = ("cidrIpv4", "referencedSecurityGroupId")
_ABSENT_GROUP = frozenset({"InvalidGroup.NotFound", "InvalidGroupId.NotFound"})


class SecurityGroup(Ec2Resource):
    token = "aws:ec2/securityGroup:SecurityGroup"
    cfn = "AWS::EC2::SecurityGroup"
    noun, id_key = "security-group", "GroupId"
    describe_call = ("describe_security_groups", "GroupIds", "SecurityGroups")
    absent = _ABSENT_GROUP
    named_by, autonames = "name", True
    properties = {
        "name": Property("GroupName", bound=True, replaces=REGISTRY),
        "description": Property(
            "GroupDescription", default="Managed by Pulumi", bound=True, replaces=REGISTRY
        ),
        "vpcId": Property("VpcId", bound=True, replaces=REGISTRY),
        "revokeRulesOnDelete": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
        "ownerId": Property("OwnerId", output=True),
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        arguments["Description"] = arguments.pop("GroupDescription")
        return Created(aws.client("ec2").create_security_group(**arguments)["GroupId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        """AWS opens all egress in a new group; the provider takes that rule away."""
        for rule in rules_of(aws, resource_id, "egress"):
            if rule["IpProtocol"] == "-1" and not rule.get("Tags") and not rule.get("Description"):
                revoke(aws, resource_id, "egress", [rule["SecurityGroupRuleId"]])

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        return {
            "arn": aws.arn("ec2", f"security-group/{resource_id}"),
            "description": item["Description"],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").delete_security_group(GroupId=resource_id)


class _Rule(AwsResourceType):
    """One rule of a security group, a resource of its own.

    The registry's rules (AWS::EC2::SecurityGroupIngress) name their sources otherwise and replace
    with every change; this is the provider's, which modifies a rule.
    """

    service = "ec2"
    direction: Literal["ingress", "egress"]
    # the second one for a rule that the exclusive list has taken away before
    absent = (
        frozenset({"InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"})
        | _ABSENT_GROUP
    )

    def permission(self, inputs: Properties) -> dict[str, Any]:
        """The rule as the authorize calls take it."""
        described = {"Description": inputs["description"]} if inputs.get("description") else {}
        permission: dict[str, Any] = {
            "IpProtocol": inputs["ipProtocol"],
            "FromPort": inputs.get("fromPort", -1),
            "ToPort": inputs.get("toPort", -1),
        }
        if inputs.get("cidrIpv4"):
            permission["IpRanges"] = [{"CidrIp": inputs["cidrIpv4"], **described}]
        if inputs.get("referencedSecurityGroupId"):
            group = {"GroupId": inputs["referencedSecurityGroupId"], **described}
            permission["UserIdGroupPairs"] = [group]
        return permission

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        sources = [key for key in SOURCES if key in inputs]
        if len(sources) != 1:
            return [("", f"{self.token} takes exactly one source, not {sources or 'none'}")]
        return super().validate(inputs)

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """EC2 modifies a rule's source, but not into one of the other kind."""
        if name in SOURCES:
            return empty(state.get(name)) or empty(inputs.get(name))
        return super().forces(name, state, inputs)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        authorize = getattr(aws.client("ec2"), f"authorize_security_group_{self.direction}")
        answer = authorize(
            GroupId=inputs["securityGroupId"], IpPermissions=[self.permission(inputs)]
        )
        return Created(answer["SecurityGroupRules"][0]["SecurityGroupRuleId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        update_tags(aws, resource_id, {}, inputs)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[resource_id])
        for rule in answer["SecurityGroupRules"]:
            live = self.bound_values(rule)
            live["referencedSecurityGroupId"] = rule.get("ReferencedGroupInfo", {}).get("GroupId")
            for port in ("fromPort", "toPort"):
                if live.get(port) == -1 and port not in state:
                    del live[port]
            arn = aws.arn("ec2", f"security-group-rule/{resource_id}")
            tags = tag_map(rule.get("Tags"))
            return {**live, "tags": tags, "arn": arn, "securityGroupRuleId": resource_id}
        return None

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            update_tags(aws, resource_id, state, inputs)
            if changed - {"tags"}:
                aws.client("ec2").modify_security_group_rules(
                    GroupId=inputs["securityGroupId"],
                    SecurityGroupRules=[
                        {
                            "SecurityGroupRuleId": resource_id,
                            "SecurityGroupRule": {
                                **self.arguments(inputs, _IN_PLACE),
                                "FromPort": inputs.get("fromPort", -1),
                                "ToPort": inputs.get("toPort", -1),
                            },
                        }
                    ],
                )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            revoke(aws, state["securityGroupId"], self.direction, [resource_id])


_RULE = {
    "securityGroupId": Property("GroupId", required=True, bound=True, replaces=PROVIDER),
    "ipProtocol": Property("IpProtocol", required=True, bound=True),
    "fromPort": Property("FromPort", bound=True),
    "toPort": Property("ToPort", bound=True),
    "cidrIpv4": Property("CidrIpv4", bound=True),
    "referencedSecurityGroupId": Property("ReferencedGroupId", bound=True),
    "description": Property("Description", bound=True),
    "tags": TAGS,
    "arn": ARN,
    "securityGroupRuleId": Property(output=True),
}


_IN_PLACE = frozenset(name for name, prop in _RULE.items() if prop.replaces is None)


class SecurityGroupIngressRule(_Rule):
    token = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
    direction = "ingress"
    properties = _RULE


class SecurityGroupEgressRule(_Rule):
    token = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
    direction = "egress"
    properties = _RULE


class VpcSecurityGroupRulesExclusive(AwsResourceType):
    """Owns the lists of a group's rules: a rule that nobody declared is revoked."""

    token = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
    service = "ec2"
    absent = _ABSENT_GROUP
    properties = {
        "securityGroupId": Property(required=True, bound=True, replaces=PROVIDER),
        "ingressRuleIds": Property(required=True, bound=True, unordered=True),
        "egressRuleIds": Property(required=True, bound=True, unordered=True),
    }
    lists: tuple[tuple[str, Literal["ingress", "egress"]], ...] = (
        ("ingressRuleIds", "ingress"),
        ("egressRuleIds", "egress"),
    )

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return Created(inputs["securityGroupId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        for name, direction in self.lists:
            present = {
                rule["SecurityGroupRuleId"] for rule in rules_of(aws, resource_id, direction)
            }
            missing = sorted(set(inputs[name]) - present)
            if missing:
                raise ValueError(f"{name}: no such rule in {resource_id}: {', '.join(missing)}")
            revoke(aws, resource_id, direction, sorted(present - set(inputs[name])))

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        aws.client("ec2").describe_security_groups(GroupIds=[resource_id])
        live: Properties = {"securityGroupId": resource_id}
        for name, direction in self.lists:
            rules = rules_of(aws, resource_id, direction)
            live[name] = sorted(rule["SecurityGroupRuleId"] for rule in rules)
        return live

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Nothing more than what settling does."""

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """The group keeps its rules: only their ownership ends."""


def rules_of(aws: Aws, group: str, direction: Literal["ingress", "egress"]) -> list[dict[str, Any]]:
    """The rules of a group in one direction."""
    answer = aws.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [group]}]
    )
    egress = direction == "egress"
    return [rule for rule in answer["SecurityGroupRules"] if rule["IsEgress"] == egress]


def revoke(aws: Aws, group: str, direction: Literal["ingress", "egress"], rules: list[str]) -> None:
    """Revokes rules by id."""
    if rules:
        call = getattr(aws.client("ec2"), f"revoke_security_group_{direction}")
        call(GroupId=group, SecurityGroupRuleIds=rules)


RESOURCE_TYPES = (
    SecurityGroup(),
    SecurityGroupIngressRule(),
    SecurityGroupEgressRule(),
    VpcSecurityGroupRulesExclusive(),
)
