"""The rules of security groups, and who owns a group's list of rules."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, empty
from sandbox.providers.wire import Properties

_DIRECTIONS = {"ingressRuleIds": "ingress", "egressRuleIds": "egress"}


class Rule(AwsResourceType):
    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """EC2 modifies a rule's source, but not into one of the other kind."""
        if name in self.row.exactly_one:
            return empty(state.get(name)) or empty(inputs.get(name))
        return super().forces(name, state, inputs)

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        for port in ("fromPort", "toPort"):
            if live.get(port) == -1 and port not in state:  # of a rule for all ports
                del live[port]
        return live


class RulesExclusive(AwsResourceType):
    """Owns the lists of a group's rules: a rule that the program doesn't declare is revoked."""

    def create(self, aws: Aws, inputs: Properties) -> Created:
        return Created(self.id_of(inputs))

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        for name, direction in _DIRECTIONS.items():
            present = set(rules_of(aws, resource_id, direction))
            missing = sorted(set(inputs[name]) - present)
            if missing:
                raise ValueError(f"{name}: no such rule in {resource_id}: {', '.join(missing)}")
            revoke(aws, resource_id, direction, sorted(present - set(inputs[name])))

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        rules = {name: rules_of(aws, resource_id, way) for name, way in _DIRECTIONS.items()}
        return {"securityGroupId": resource_id, **rules}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """The group keeps its rules: only the ownership of the list ends."""


class DefaultSecurityGroup(AwsResourceType):
    """The group that AWS makes with every VPC, taken over; the sandbox knows it closed only."""

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
        super().wait_until_ready(aws, resource_id, inputs)
        for direction in ("ingress", "egress"):
            revoke(aws, resource_id, direction, rules_of(aws, resource_id, direction))

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        return {
            **super().describe(aws, resource_id, item, state),
            "ingress": [_inline(permission) for permission in item["ipPermissions"]],
            "egress": [_inline(permission) for permission in item["ipPermissionsEgress"]],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """AWS deletes it with its VPC only: it stays, closed."""


def rules_of(aws: Aws, group: str, direction: str) -> list[str]:
    """The ids of a group's rules in one direction, sorted."""
    of_group = [{"Name": "group-id", "Values": [group]}]
    answer = aws.client("ec2").describe_security_group_rules(Filters=of_group)
    egress = direction == "egress"
    rules = [rule for rule in answer["SecurityGroupRules"] if rule["IsEgress"] == egress]
    return sorted(rule["SecurityGroupRuleId"] for rule in rules)


def revoke(aws: Aws, group: str, direction: str, rules: list[str]) -> None:
    """Revokes rules by id."""
    if rules:
        call = getattr(aws.client("ec2"), f"revoke_security_group_{direction}")
        call(GroupId=group, SecurityGroupRuleIds=rules)


def _inline(permission: dict[str, Any]) -> Properties:
    """A permission of EC2's as the provider writes an inline rule."""
    sources = {
        "cidrBlocks": [source["cidrIp"] for source in permission.get("ipRanges", [])],
        "ipv6CidrBlocks": [source["cidrIpv6"] for source in permission.get("ipv6Ranges", [])],
        "prefixListIds": [source["prefixListId"] for source in permission.get("prefixListIds", [])],
        "securityGroups": [source["groupId"] for source in permission.get("userIdGroupPairs", [])],
    }
    return {
        "protocol": permission["ipProtocol"],
        "fromPort": permission.get("fromPort", 0),
        "toPort": permission.get("toPort", 0),
        **{name: values for name, values in sources.items() if values},
    }
