"""What AWS refuses of networks, and moto alone would let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import client
from sandbox.paths import SandboxPaths

Connect = Callable[[str], Any]


@pytest.fixture(scope="module")
def connect(paths: SandboxPaths) -> Connect:
    endpoint = client.ensure(paths).endpoint
    return lambda service: boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.fixture(scope="module")
def ec2(connect: Connect) -> Any:
    return connect("ec2")


@pytest.fixture(scope="module")
def network(ec2: Any) -> dict[str, str]:
    """A VPC with a subnet, gateways, route tables and groups, all in use."""
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = make_subnet(ec2, vpc, "10.0.0.0/24")
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
    group, referenced = (
        ec2.create_security_group(GroupName=name, Description="d", VpcId=vpc)["GroupId"]
        for name in ("a", "b")
    )
    pair = {"GroupId": referenced, "Description": "from b"}
    ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [pair]}
        ],
    )
    return {
        "vpc": vpc,
        "subnet": subnet,
        "gateway": gateway,
        "table": table,
        "address": address,
        "nat": nat["NatGatewayId"],
        "group": group,
        "referenced": referenced,
        "other_table": ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"],
        "other_gateway": ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"],
        "main_table": main_table(ec2, vpc),
        "default_group": default_group(ec2, vpc),
    }


def make_subnet(ec2: Any, vpc: str, block: str, zone: str = "us-east-1a") -> str:
    answer = ec2.create_subnet(VpcId=vpc, CidrBlock=block, AvailabilityZone=zone)
    return str(answer["Subnet"]["SubnetId"])


def main_table(ec2: Any, vpc: str) -> str:
    tables = ec2.describe_route_tables(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "association.main", "Values": ["true"]},
        ]
    )["RouteTables"]
    return str(tables[0]["RouteTableId"])


def default_group(ec2: Any, vpc: str) -> str:
    groups = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [vpc]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )["SecurityGroups"]
    return str(groups[0]["GroupId"])


@pytest.mark.parametrize(
    ("call", "arguments", "code"),
    [
        ("create_subnet", {"VpcId": "vpc", "CidrBlock": "10.0.0.0/25"}, "InvalidSubnet.Conflict"),
        ("create_subnet", {"VpcId": "vpc", "CidrBlock": "10.1.0.0/24"}, "InvalidSubnet.Range"),
        ("create_subnet", {"VpcId": "vpc", "CidrBlock": "10.0.9.0/29"}, "InvalidSubnet.Range"),
        (
            "create_subnet",
            {"VpcId": "vpc", "CidrBlock": "10.0.8.0/24", "AvailabilityZone": "us-west-2a"},
            "InvalidParameterValue",
        ),
        ("delete_subnet", {"SubnetId": "subnet"}, "DependencyViolation"),
        ("delete_vpc", {"VpcId": "vpc"}, "DependencyViolation"),
        ("delete_internet_gateway", {"InternetGatewayId": "gateway"}, "DependencyViolation"),
        (
            "detach_internet_gateway",
            {"InternetGatewayId": "gateway", "VpcId": "vpc"},
            "DependencyViolation",
        ),
        (
            "attach_internet_gateway",
            {"InternetGatewayId": "other_gateway", "VpcId": "vpc"},
            "InvalidParameterValue",
        ),
        ("release_address", {"AllocationId": "address"}, "InvalidIPAddress.InUse"),
        ("delete_route_table", {"RouteTableId": "table"}, "DependencyViolation"),
        ("delete_route_table", {"RouteTableId": "main_table"}, "DependencyViolation"),
        (
            "associate_route_table",
            {"RouteTableId": "other_table", "SubnetId": "subnet"},
            "Resource.AlreadyAssociated",
        ),
        (
            "create_route",
            {
                "RouteTableId": "table",
                "DestinationCidrBlock": "0.0.0.0/0",
                "NatGatewayId": "nat-00000000000000000",
            },
            "InvalidNatGatewayID.NotFound",
        ),
        ("delete_security_group", {"GroupId": "referenced"}, "DependencyViolation"),
        ("delete_security_group", {"GroupId": "default_group"}, "CannotDelete"),
        (
            "delete_nat_gateway",
            {"NatGatewayId": "nat-00000000000000000"},
            "NatGatewayNotFound",
        ),
    ],
)
def test_a_network_in_use_is_kept_and_a_wrong_one_not_made(
    ec2: Any, network: dict[str, str], call: str, arguments: dict[str, str], code: str
) -> None:
    named = {key: network.get(value, value) for key, value in arguments.items()}
    with pytest.raises(ClientError) as refused:
        getattr(ec2, call)(**named)
    assert refused.value.response["Error"]["Code"] == code


def test_a_security_group_rule_is_returned_with_its_description(
    ec2: Any, network: dict[str, str]
) -> None:
    rules = ec2.describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": [network["group"]]}]
    )["SecurityGroupRules"]
    (rule,) = [rule for rule in rules if not rule["IsEgress"]]
    assert rule["Description"] == "from b"


def test_a_rule_is_pointed_at_another_group_but_never_at_another_kind_of_source(
    ec2: Any, network: dict[str, str]
) -> None:
    group, old = (
        ec2.create_security_group(GroupName=name, Description="d", VpcId=network["vpc"])["GroupId"]
        for name in ("pointing", "pointed-at")
    )
    pair = {"GroupId": old, "Description": "was"}
    made = ec2.authorize_security_group_ingress(
        GroupId=group,
        IpPermissions=[
            {"IpProtocol": "tcp", "FromPort": 1, "ToPort": 1, "UserIdGroupPairs": [pair]}
        ],
    )["SecurityGroupRules"][0]["SecurityGroupRuleId"]

    def point(**source: str) -> None:
        rule = {"IpProtocol": "tcp", "FromPort": 2, "ToPort": 2, "Description": "is", **source}
        ec2.modify_security_group_rules(
            GroupId=group,
            SecurityGroupRules=[{"SecurityGroupRuleId": made, "SecurityGroupRule": rule}],
        )

    point(ReferencedGroupId=network["referenced"])
    (rule,) = ec2.describe_security_group_rules(SecurityGroupRuleIds=[made])["SecurityGroupRules"]
    assert rule["ReferencedGroupInfo"]["GroupId"] == network["referenced"]
    assert (rule["FromPort"], rule["Description"]) == (2, "is")
    with pytest.raises(ClientError, match="another kind"):
        point(CidrIpv4="10.0.0.0/16")
    with pytest.raises(ClientError, match="does not exist"):
        point(ReferencedGroupId="sg-00000000000000000")
    ec2.delete_security_group(GroupId=old)
    ec2.delete_security_group(GroupId=group)


def test_a_network_is_deleted_in_the_right_order(ec2: Any) -> None:
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    subnet = make_subnet(ec2, vpc, "10.9.1.7/24")
    described = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]
    assert described["CidrBlock"] == "10.9.1.0/24"
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]
    assert nat["ConnectivityType"] == "public"
    ec2.delete_nat_gateway(NatGatewayId=nat["NatGatewayId"])
    ec2.release_address(AllocationId=address)
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_route_table(RouteTableId=table)
    ec2.detach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    ec2.delete_internet_gateway(InternetGatewayId=gateway)
    ec2.delete_vpc(VpcId=vpc)
    assert vpc not in {v["VpcId"] for v in ec2.describe_vpcs()["Vpcs"]}
