"""Behavior of VPCs, endpoints, security groups and load balancers that a table can't express."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import empty
from sandbox.providers.wire import Properties, has_unknown


class Vpc(AwsResourceType):
    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """Only a new VPC can be dedicated; a dedicated one becomes default in place."""
        if name == "instanceTenancy":
            return (state.get(name), inputs.get(name)) != ("dedicated", "default")
        return super().forces(name, state, inputs)


class VpcPeeringConnection(AwsResourceType):
    """The requester's side; `autoAccept` accepts it within one account and region."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs.get("autoAccept") and inputs.get("peerRegion"):
            return [("autoAccept", "only the other side accepts a peering of another region")]
        return super().validate(inputs)


class VpcEndpoint(AwsResourceType):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        gateway = inputs["vpcEndpointType"] == "Gateway"
        foreign = ("subnetIds", "securityGroupIds") if gateway else ("routeTableIds",)
        noun = "a gateway" if gateway else "an interface"
        found = [(name, f"{noun} endpoint has none") for name in foreign if inputs.get(name)]
        return found or super().validate(inputs)


class SecurityGroupRule(AwsResourceType):
    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """EC2 changes a rule's source in place, but not from CIDR block to group or back."""
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
    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        live = self.read(aws, resource_id, {}) or {}
        for name in ("ingressRuleIds", "egressRuleIds"):
            missing = sorted(set(inputs[name]) - set(live.get(name, ())))
            if missing:
                raise ValueError(f"{name}: no such rule in {resource_id}: {', '.join(missing)}")
        super().wait_until_ready(aws, resource_id, inputs)


class LoadBalancer(AwsResourceType):
    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """As in the provider's CustomizeDiff: a network load balancer can only gain subnets, and
        has security groups from its creation or never."""
        old, new = state.get(name) or [], inputs.get(name) or []
        if name in ("subnets", "securityGroups") and has_unknown(new):
            return False
        if name == "subnets":
            return len(new) <= len(old)
        if name == "securityGroups":
            return bool(new) != bool(old)
        return super().forces(name, state, inputs)
