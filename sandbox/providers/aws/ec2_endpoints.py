"""VPC endpoints: AWS's own services reached from inside the VPC."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import REGISTRY, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

# property -> (how the modify call names what it adds and removes)
_LISTS = {
    "routeTableIds": ("AddRouteTableIds", "RemoveRouteTableIds"),
    "subnetIds": ("AddSubnetIds", "RemoveSubnetIds"),
    "securityGroupIds": ("AddSecurityGroupIds", "RemoveSecurityGroupIds"),
}


class VpcEndpoint(Ec2Resource):
    token = "aws:ec2/vpcEndpoint:VpcEndpoint"
    documents = frozenset({"policy"})
    cfn = "AWS::EC2::VPCEndpoint"
    noun, id_key = "vpc-endpoint", "VpcEndpointId"
    describe_call = ("describe_vpc_endpoints", "VpcEndpointIds", "VpcEndpoints")
    absent = frozenset({"InvalidVpcEndpointId.NotFound"})
    properties = {
        "vpcId": Property("VpcId", required=True, bound=True, replaces=REGISTRY),
        "serviceName": Property("ServiceName", bound=True, replaces=REGISTRY),
        "vpcEndpointType": Property(
            "VpcEndpointType", default="Gateway", bound=True, replaces=REGISTRY
        ),
        "policy": Property("PolicyDocument", computed=True, bound=True),
        "privateDnsEnabled": Property("PrivateDnsEnabled", computed=True, bound=True),
        "routeTableIds": Property("RouteTableIds", computed=True, bound=True, unordered=True),
        "subnetIds": Property("SubnetIds", computed=True, bound=True, unordered=True),
        "securityGroupIds": Property("SecurityGroupIds", computed=True, bound=True, unordered=True),
        # moto 5.2.5 drops it (2026-11-24)
        "ipAddressType": Property("IpAddressType", computed=True),
        "autoAccept": Property(),
        "tags": TAGS,
        "arn": Property(output=True),
        "ownerId": Property("OwnerId", output=True),
        "state": Property("State", output=True),
        "networkInterfaceIds": Property("NetworkInterfaceIds", output=True),
        "dnsEntries": Property(output=True),
        "prefixListId": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        gateway = inputs["vpcEndpointType"] == "Gateway"
        foreign = ("subnetIds", "securityGroupIds") if gateway else ("routeTableIds",)
        noun = "a gateway" if gateway else "an interface"
        found = [(name, f"{noun} endpoint has none") for name in foreign if inputs.get(name)]
        return found or super().validate(inputs)

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        answer = aws.client("ec2").create_vpc_endpoint(**arguments)
        return Created(answer["VpcEndpoint"]["VpcEndpointId"])

    def described(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        item = super().described(aws, resource_id)
        # AWS shows a deleted endpoint for a while
        return None if item is None or item["State"] in ("deleting", "deleted") else item

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        return {
            "arn": aws.arn("ec2", f"vpc-endpoint/{resource_id}"),
            "policy": item.get("PolicyDocument"),
            "routeTableIds": sorted(item.get("RouteTableIds", [])),
            "subnetIds": sorted(item.get("SubnetIds", [])),
            "securityGroupIds": sorted(group["GroupId"] for group in item.get("Groups", [])),
            "dnsEntries": [
                {"dnsName": entry["DnsName"], "hostedZoneId": entry["HostedZoneId"]}
                for entry in item.get("DnsEntries", [])
            ],
        }

    def change(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        item = self.described(aws, resource_id)
        if item is None:
            raise NotFound(resource_id)
        live = self.details(aws, resource_id, item)
        arguments = self.arguments(inputs, changed & {"policy", "privateDnsEnabled"})
        for name in changed & _LISTS.keys():
            wanted, present = set(inputs[name]), set(live[name])
            adds, removes = _LISTS[name]
            lists = {adds: sorted(wanted - present), removes: sorted(present - wanted)}
            arguments |= {key: ids for key, ids in lists.items() if ids}
        if arguments:
            aws.client("ec2").modify_vpc_endpoint(VpcEndpointId=resource_id, **arguments)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            if self.described(aws, resource_id) is None:
                raise NotFound(resource_id)
            aws.client("ec2").delete_vpc_endpoints(VpcEndpointIds=[resource_id])


RESOURCE_TYPES = (VpcEndpoint(),)
