"""Peering with another VPC; its routes are plain routes."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import REGISTRY, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ENDED = ("deleted", "deleting", "rejected", "failed", "expired")


class VpcPeeringConnection(Ec2Resource):
    """The requester's side; `autoAccept` accepts it where account and region are the same."""

    token = "aws:ec2/vpcPeeringConnection:VpcPeeringConnection"
    cfn = "AWS::EC2::VPCPeeringConnection"
    noun, id_key = "vpc-peering-connection", "VpcPeeringConnectionId"
    describe_call = (
        "describe_vpc_peering_connections",
        "VpcPeeringConnectionIds",
        "VpcPeeringConnections",
    )
    absent = frozenset({"InvalidVpcPeeringConnectionID.NotFound"})
    properties = {
        "vpcId": Property("VpcId", required=True, bound=True, replaces=REGISTRY),
        "peerVpcId": Property("PeerVpcId", required=True, bound=True, replaces=REGISTRY),
        "peerOwnerId": Property("PeerOwnerId", computed=True, bound=True, replaces=REGISTRY),
        "peerRegion": Property("PeerRegion", computed=True, bound=True, replaces=REGISTRY),
        "autoAccept": Property(),
        "tags": TAGS,
        "acceptStatus": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs.get("autoAccept") and inputs.get("peerRegion"):
            return [("autoAccept", "only the other side accepts a peering of another region")]
        return super().validate(inputs)

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        answer = aws.client("ec2").create_vpc_peering_connection(**arguments)
        return Created(answer["VpcPeeringConnection"]["VpcPeeringConnectionId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        item = self.described(aws, resource_id)
        if item and inputs.get("autoAccept") and item["Status"]["Code"] == "pending-acceptance":
            aws.client("ec2").accept_vpc_peering_connection(VpcPeeringConnectionId=resource_id)

    def described(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        item = super().described(aws, resource_id)
        # AWS shows an ended connection for a while
        return None if item is None or item["Status"]["Code"] in _ENDED else item

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        peer = item["AccepterVpcInfo"]
        return {
            "vpcId": item["RequesterVpcInfo"]["VpcId"],
            "peerVpcId": peer["VpcId"],
            "peerOwnerId": peer["OwnerId"],
            "peerRegion": peer.get("Region"),
            "acceptStatus": item["Status"]["Code"],
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            if self.described(aws, resource_id) is None:
                raise NotFound(resource_id)
            aws.client("ec2").delete_vpc_peering_connection(VpcPeeringConnectionId=resource_id)


RESOURCE_TYPES = (VpcPeeringConnection(),)
