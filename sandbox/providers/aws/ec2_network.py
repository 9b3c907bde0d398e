"""VPC, subnets and gateways."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import ARN, PROVIDER, REGISTRY, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties


class Vpc(Ec2Resource):
    token = "aws:ec2/vpc:Vpc"
    cfn = "AWS::EC2::VPC"
    noun, describe_call, id_key = "vpc", ("describe_vpcs", "VpcIds", "Vpcs"), "VpcId"
    absent = frozenset({"InvalidVpcID.NotFound"})
    properties = {
        "cidrBlock": Property("CidrBlock", required=True, bound=True, replaces=REGISTRY),
        "instanceTenancy": Property(
            "InstanceTenancy",
            default="default",
            bound=True,
            irreversible="only a new VPC is dedicated, and it turns default for good",
        ),
        "enableDnsSupport": Property(default=True, bound=True),
        "enableDnsHostnames": Property(default=False, bound=True),
        "tags": TAGS,
        "arn": ARN,
        "ownerId": Property("OwnerId", output=True),
        "mainRouteTableId": Property(output=True),
        "defaultRouteTableId": Property(output=True),
        "defaultSecurityGroupId": Property(output=True),
        "defaultNetworkAclId": Property(output=True),
    }
    attributes = {
        "enableDnsSupport": "EnableDnsSupport",
        "enableDnsHostnames": "EnableDnsHostnames",
    }

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        if name == "instanceTenancy":
            return (state.get(name), inputs.get(name)) != ("dedicated", "default")
        return super().forces(name, state, inputs)

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        return Created(aws.client("ec2").create_vpc(**arguments)["Vpc"]["VpcId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        for name in self.attributes:  # EC2 takes one attribute a call
            self._set(aws, resource_id, name, inputs[name])

    def change(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        for name in changed & self.attributes.keys():
            self._set(aws, resource_id, name, inputs[name])
        if "instanceTenancy" in changed:
            aws.client("ec2").modify_vpc_tenancy(
                VpcId=resource_id, InstanceTenancy=inputs["instanceTenancy"]
            )

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        ec2 = aws.client("ec2")
        of_vpc = [{"Name": "vpc-id", "Values": [resource_id]}]
        live: Properties = {"arn": aws.arn("ec2", f"vpc/{resource_id}")}
        for name, api in self.attributes.items():
            attribute = name.replace("enableDns", "enableDns")
            answer = ec2.describe_vpc_attribute(VpcId=resource_id, Attribute=attribute)
            live[name] = answer[api]["Value"]
        main = [*of_vpc, {"Name": "association.main", "Values": ["true"]}]
        for table in ec2.describe_route_tables(Filters=main)["RouteTables"]:
            live["mainRouteTableId"] = live["defaultRouteTableId"] = table["RouteTableId"]
        named = [*of_vpc, {"Name": "group-name", "Values": ["default"]}]
        for group in ec2.describe_security_groups(Filters=named)["SecurityGroups"]:
            live["defaultSecurityGroupId"] = group["GroupId"]
        default = [*of_vpc, {"Name": "default", "Values": ["true"]}]
        for acl in ec2.describe_network_acls(Filters=default)["NetworkAcls"]:
            live["defaultNetworkAclId"] = acl["NetworkAclId"]
        return live

    def _set(self, aws: Aws, resource_id: str, name: str, value: bool) -> None:
        argument = {self.attributes[name]: {"Value": value}}
        aws.client("ec2").modify_vpc_attribute(VpcId=resource_id, **argument)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").delete_vpc(VpcId=resource_id)


class Subnet(Ec2Resource):
    token = "aws:ec2/subnet:Subnet"
    cfn = "AWS::EC2::Subnet"
    noun, describe_call, id_key = "subnet", ("describe_subnets", "SubnetIds", "Subnets"), "SubnetId"
    absent = frozenset({"InvalidSubnetID.NotFound"})
    properties = {
        "vpcId": Property("VpcId", required=True, bound=True, replaces=REGISTRY),
        "cidrBlock": Property("CidrBlock", required=True, bound=True, replaces=REGISTRY),
        "availabilityZone": Property(
            "AvailabilityZone", computed=True, bound=True, replaces=REGISTRY
        ),
        "mapPublicIpOnLaunch": Property(default=False, bound=True),
        "tags": TAGS,
        "arn": Property("SubnetArn", output=True),
        "ownerId": Property("OwnerId", output=True),
        "availabilityZoneId": Property("AvailabilityZoneId", output=True),
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        return Created(aws.client("ec2").create_subnet(**arguments)["Subnet"]["SubnetId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        aws.client("ec2").modify_subnet_attribute(
            SubnetId=resource_id, MapPublicIpOnLaunch={"Value": inputs["mapPublicIpOnLaunch"]}
        )

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        # moto 5.2.5 answers this one as text, "false" (2026-11-24)
        return {"mapPublicIpOnLaunch": str(item["MapPublicIpOnLaunch"]).lower() == "true"}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").delete_subnet(SubnetId=resource_id)


class InternetGateway(Ec2Resource):
    token = "aws:ec2/internetGateway:InternetGateway"
    cfn = "AWS::EC2::InternetGateway"
    noun, id_key = "internet-gateway", "InternetGatewayId"
    describe_call = ("describe_internet_gateways", "InternetGatewayIds", "InternetGateways")
    absent = frozenset({"InvalidInternetGatewayID.NotFound"})
    properties = {
        "vpcId": Property(bound=True, computed=True),
        "tags": TAGS,
        "arn": ARN,
        "ownerId": Property("OwnerId", output=True),
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        gateway = aws.client("ec2").create_internet_gateway(**arguments)["InternetGateway"]
        return Created(gateway["InternetGatewayId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        self._attach(aws, resource_id, inputs.get("vpcId"))

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        attached = [attachment["VpcId"] for attachment in item.get("Attachments", [])]
        return {
            "arn": aws.arn("ec2", f"internet-gateway/{resource_id}"),
            "vpcId": attached[0] if attached else "",
        }

    def _attach(self, aws: Aws, resource_id: str, vpc: str | None) -> None:
        item = self.described(aws, resource_id)
        if item is None:
            raise NotFound(resource_id)
        ec2 = aws.client("ec2")
        attached = [attachment["VpcId"] for attachment in item.get("Attachments", [])]
        for other in attached:
            if other != vpc:
                ec2.detach_internet_gateway(InternetGatewayId=resource_id, VpcId=other)
        if vpc and vpc not in attached:
            ec2.attach_internet_gateway(InternetGatewayId=resource_id, VpcId=vpc)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            self._attach(aws, resource_id, None)
            aws.client("ec2").delete_internet_gateway(InternetGatewayId=resource_id)


class Eip(Ec2Resource):
    token = "aws:ec2/eip:Eip"
    cfn = "AWS::EC2::EIP"
    noun, describe_call, id_key = (
        "elastic-ip",
        ("describe_addresses", "AllocationIds", "Addresses"),
        "AllocationId",
    )
    absent = frozenset({"InvalidAllocationID.NotFound"})
    properties = {
        "domain": Property("Domain", default="vpc", bound=True, replaces=PROVIDER),
        "tags": TAGS,
        "arn": ARN,
        "allocationId": Property("AllocationId", output=True),
        "publicIp": Property("PublicIp", output=True),
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        return Created(aws.client("ec2").allocate_address(**arguments)["AllocationId"])

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        return {"arn": aws.arn("ec2", f"elastic-ip/{resource_id}")}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").release_address(AllocationId=resource_id)


class NatGateway(Ec2Resource):
    token = "aws:ec2/natGateway:NatGateway"
    cfn = "AWS::EC2::NatGateway"
    noun, id_key = "natgateway", "NatGatewayId"
    describe_call = ("describe_nat_gateways", "NatGatewayIds", "NatGateways")
    absent = frozenset({"NatGatewayNotFound"})
    properties = {
        "subnetId": Property("SubnetId", required=True, bound=True, replaces=REGISTRY),
        "allocationId": Property("AllocationId", bound=True, replaces=REGISTRY),
        "connectivityType": Property(
            "ConnectivityType", default="public", bound=True, replaces=REGISTRY
        ),
        "tags": TAGS,
        "publicIp": Property(output=True),
        "privateIp": Property(output=True),
        "networkInterfaceId": Property(output=True),
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        return Created(
            aws.client("ec2").create_nat_gateway(**arguments)["NatGateway"]["NatGatewayId"]
        )

    def described(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        item = super().described(aws, resource_id)
        # AWS shows a deleted gateway for about an hour
        return None if item is None or item["State"] in ("deleting", "deleted") else item

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        address = item["NatGatewayAddresses"][0]
        return {
            "allocationId": address.get("AllocationId"),
            "publicIp": address.get("PublicIp"),
            "privateIp": address.get("PrivateIp"),
            "networkInterfaceId": address.get("NetworkInterfaceId"),
        }

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("ec2").delete_nat_gateway(NatGatewayId=resource_id)


RESOURCE_TYPES = (Vpc(), Subnet(), InternetGateway(), Eip(), NatGateway())
