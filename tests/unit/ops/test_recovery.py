"""The ids of what a killed run's creations made: computed from the inputs, or found in AWS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from engine.recovery import PendingCreation, RecoveryError
from ops.recovery import lookup
from sandbox.paths import PROJECT_ROOT
from sandbox.providers.aws.__main__ import RESOURCE_TYPES

REGION = "us-east-1"
ACCOUNT = "123456789012"
TAGS = {"Name": "nexusflow-staging", "Project": "nexusflow"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    with mock_aws():
        yield


def client(service: str) -> Any:
    return boto3.client(service, region_name=REGION)


def tagged(kind: str) -> list[dict[str, Any]]:
    return [{"ResourceType": kind, "Tags": TAG_LIST}]


def found(type_token: str, **inputs: Any) -> list[str]:
    return lookup.find(type_token, REGION, inputs)


def make_vpc() -> str:
    ec2 = client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16", TagSpecifications=tagged("vpc"))["Vpc"]
    return str(vpc["VpcId"])


def test_network_resources_are_found_by_their_tags_and_inputs(aws: None) -> None:
    ec2, vpc = client("ec2"), make_vpc()
    assert found("aws:ec2/vpc:Vpc", cidrBlock="10.9.0.0/16", tags=TAGS) == [vpc]
    assert found("aws:ec2/vpc:Vpc", cidrBlock="10.8.0.0/16", tags=TAGS) == []
    assert found("aws:ec2/vpc:Vpc", cidrBlock="10.9.0.0/16", tags={"Name": "other"}) == []

    subnet = ec2.create_subnet(
        VpcId=vpc, CidrBlock="10.9.1.0/24", TagSpecifications=tagged("subnet")
    )["Subnet"]["SubnetId"]
    inputs = {"vpcId": vpc, "cidrBlock": "10.9.1.0/24", "tags": TAGS}
    assert found("aws:ec2/subnet:Subnet", **inputs) == [subnet]

    gateway = ec2.create_internet_gateway(TagSpecifications=tagged("internet-gateway"))
    gateway_id = gateway["InternetGateway"]["InternetGatewayId"]
    assert found("aws:ec2/internetGateway:InternetGateway", tags=TAGS) == [gateway_id]

    address = ec2.allocate_address(Domain="vpc", TagSpecifications=tagged("elastic-ip"))
    assert found("aws:ec2/eip:Eip", tags=TAGS) == [address["AllocationId"]]

    nat = ec2.create_nat_gateway(
        SubnetId=subnet,
        AllocationId=address["AllocationId"],
        TagSpecifications=tagged("natgateway"),
    )["NatGateway"]["NatGatewayId"]
    assert found("aws:ec2/natGateway:NatGateway", subnetId=subnet, tags=TAGS) == [nat]
    ec2.delete_nat_gateway(NatGatewayId=nat)
    assert found("aws:ec2/natGateway:NatGateway", subnetId=subnet, tags=TAGS) == []


def test_routes_and_associations_are_found_though_they_have_no_tags(aws: None) -> None:
    ec2, vpc = client("ec2"), make_vpc()
    table = ec2.create_route_table(VpcId=vpc, TagSpecifications=tagged("route-table"))
    table_id = table["RouteTable"]["RouteTableId"]
    assert found("aws:ec2/routeTable:RouteTable", vpcId=vpc, tags=TAGS) == [table_id]

    route = {"routeTableId": table_id, "destinationCidrBlock": "0.0.0.0/0"}
    # the provider's own id: r-, the table, the CRC-32 of the destination
    assert found("aws:ec2/route:Route", **route) == [f"r-{table_id}1080289494"]

    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.1.0/24")["Subnet"]["SubnetId"]
    association = ec2.associate_route_table(RouteTableId=table_id, SubnetId=subnet)
    inputs = {"routeTableId": table_id, "subnetId": subnet}
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    assert found(token, **inputs) == [association["AssociationId"]]


def test_a_route_table_that_is_gone_holds_nothing(aws: None) -> None:
    token = "aws:ec2/routeTableAssociation:RouteTableAssociation"
    assert found(token, routeTableId="rtb-12345678", subnetId="subnet-1") == []


def test_security_rules_are_found_by_what_they_allow(aws: None) -> None:
    ec2, vpc = client("ec2"), make_vpc()
    group = ec2.create_security_group(
        GroupName="postgres", Description="d", VpcId=vpc, TagSpecifications=tagged("security-group")
    )["GroupId"]
    inputs = {"name": "postgres", "vpcId": vpc, "tags": TAGS}
    assert found("aws:ec2/securityGroup:SecurityGroup", **inputs) == [group]
    rule = {
        "IpProtocol": "tcp",
        "FromPort": 5432,
        "ToPort": 5432,
        "IpRanges": [{"CidrIp": "10.9.0.0/16"}],
    }
    made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])
    expected = [made["SecurityGroupRules"][0]["SecurityGroupRuleId"]]
    asked = {
        "securityGroupId": group,
        "ipProtocol": "tcp",
        "fromPort": 5432,
        "toPort": 5432,
        "cidrIpv4": "10.9.0.0/16",
    }
    assert found("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", **asked) == expected
    assert found("aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule", **asked) == []
    other = {**asked, "toPort": 5433}
    assert found("aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule", **other) == []


def test_a_key_pending_deletion_is_not_found(aws: None) -> None:
    kms = client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    old, new = (
        kms.create_key(Tags=tags, Description="data")["KeyMetadata"]["KeyId"] for _ in range(2)
    )
    kms.schedule_key_deletion(KeyId=old)
    assert found("aws:kms/key:Key", description="data", tags=TAGS) == [new]


def test_a_secrets_version_is_found_by_its_value(aws: None) -> None:
    manager = client("secretsmanager")
    arn = manager.create_secret(Name="master", SecretString="first")["ARN"]
    version = manager.put_secret_value(SecretId=arn, SecretString="second")["VersionId"]
    assert found("aws:secretsmanager/secret:Secret", name="master") == [arn]
    token = "aws:secretsmanager/secretVersion:SecretVersion"
    assert found(token, secretId=arn, secretString="second") == [f"{arn}|{version}"]
    assert found(token, secretId=arn, secretString="third") == []
    manager.delete_secret(SecretId=arn)
    assert found("aws:secretsmanager/secret:Secret", name="master") == []


def test_an_rds_instance_is_found_by_its_name_under_its_resource_id(aws: None) -> None:
    rds = client("rds")
    assert found("aws:rds/instance:Instance", identifier="nexusflow-staging") == []
    made = rds.create_db_instance(
        DBInstanceIdentifier="nexusflow-staging",
        Engine="postgres",
        DBInstanceClass="db.r6g.large",
        AllocatedStorage=100,
        MasterUsername="nexusflow_master",
        MasterUserPassword="not-a-real-one",
    )["DBInstance"]
    expected = [made["DbiResourceId"]]
    assert found("aws:rds/instance:Instance", identifier="nexusflow-staging") == expected


def test_most_ids_follow_from_the_inputs_and_nothing_is_asked(aws: None) -> None:
    assert found("aws:kms/alias:Alias", name="alias/data") == ["alias/data"]
    assert found("aws:iam/rolePolicy:RolePolicy", role="r", name="p") == ["r:p"]
    assert found("aws:sns/topic:Topic", name="alerts") == [f"arn:aws:sns:{REGION}:{ACCOUNT}:alerts"]
    record = {"zoneId": "Z1", "name": "DB.example.com", "type": "A", "setIdentifier": "first"}
    assert found("aws:route53/record:Record", **record) == ["Z1_db.example.com_A_first"]
    volume = {"deviceName": "/dev/sdf", "instanceId": "i-1", "volumeId": "vol-1"}
    assert found("aws:ec2/volumeAttachment:VolumeAttachment", **volume) == ["vai-3944550031"]


def pending(type_token: str, **inputs: Any) -> PendingCreation:
    return PendingCreation(
        f"urn:pulumi:staging::nexusflow::{type_token}::it", type_token, inputs, {}
    )


def test_a_type_that_can_not_be_looked_up_is_an_error_and_one_without_a_cloud_is_not() -> None:
    lookup_here = lookup.in_region(REGION)
    with pytest.raises(RecoveryError, match="aws:sqs/queue:Queue"):
        lookup_here(pending("aws:sqs/queue:Queue"))
    assert lookup_here(pending("random:index/randomPassword:RandomPassword")) == []


def test_a_creation_without_an_input_that_names_it_is_an_error_and_no_traceback() -> None:
    with pytest.raises(RecoveryError, match="name"):
        lookup.in_region(REGION)(pending("aws:iam/role:Role"))


def test_the_region_of_a_creation_goes_before_that_of_its_provider(aws: None) -> None:
    creation = pending("aws:sns/topic:Topic", name="alerts", region="us-west-2")
    (arn,) = lookup.in_region(REGION)(creation)
    assert arn.split(":")[3] == "us-west-2"


def test_every_type_that_the_programs_create_can_be_looked_up_in_exactly_one_way() -> None:
    created = {
        resource.partition(" ")[0]
        for file in (PROJECT_ROOT / "tests/components/golden").glob("*.json")
        for resource in json.loads(file.read_text("utf-8"))
        if resource.startswith("aws:")
    }
    tables = (lookup._table("ids"), lookup._table("searches"), lookup.SEARCHES)
    ways = {token: sum(token in each for each in tables) for token in RESOURCE_TYPES}
    assert {token for token in created if ways[token] != 1} == set()
    assert {token for token, count in ways.items() if count > 1} == set()
