"""What the table can't say of VPCs, their peerings and endpoints."""

from __future__ import annotations

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties


class Vpc(AwsResourceType):
    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """Only a new VPC is dedicated; one that is turns default in place."""
        if name == "instanceTenancy":
            return (state.get(name), inputs.get(name)) != ("dedicated", "default")
        return super().forces(name, state, inputs)


class VpcPeeringConnection(AwsResourceType):
    """The requester's side; `autoAccept` accepts it where account and region are the same."""

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
