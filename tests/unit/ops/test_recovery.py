"""Creations that a killed run left unrecorded: found in AWS, adopted, or forgotten."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from engine import wire_format
from ops.recovery import lookup, pending_creations, request

REGION = "us-east-1"
TAGS = {"Name": "nexusflow-staging", "Project": "nexusflow"}
TAG_LIST = [{"Key": key, "Value": value} for key, value in TAGS.items()]
PLACE = request.Place(REGION, {})
PREFIX = "urn:pulumi:staging::nexusflow::"


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


def state(*pending: dict[str, Any], resources: tuple[dict[str, Any], ...] = ()) -> dict[str, Any]:
    return {
        "resources": list(resources),
        "pending_operations": [{"type": "creating", "resource": each} for each in pending],
    }


def creation(type_token: str, name: str, **inputs: Any) -> dict[str, Any]:
    return {"urn": f"{PREFIX}{type_token}::{name}", "type": type_token, "inputs": inputs}


def found(type_token: str, **inputs: Any) -> list[str]:
    return lookup.find(type_token, PLACE, inputs)


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

    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=vpc)
    route = {"routeTableId": table_id, "destinationCidrBlock": "0.0.0.0/0", "gatewayId": gateway}
    assert found("aws:ec2/route:Route", **route) == []
    ec2.create_route(RouteTableId=table_id, DestinationCidrBlock="0.0.0.0/0", GatewayId=gateway)
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
    exclusive = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
    assert found(exclusive, securityGroupId=group) == [group]


def test_a_key_pending_deletion_is_not_found(aws: None) -> None:
    kms = client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in TAGS.items()]
    old, new = (
        kms.create_key(Tags=tags, Description="data")["KeyMetadata"]["KeyId"] for _ in range(2)
    )
    kms.schedule_key_deletion(KeyId=old)
    assert found("aws:kms/key:Key", description="data", tags=TAGS) == [new]
    kms.create_alias(AliasName="alias/data", TargetKeyId=new)
    assert found("aws:kms/alias:Alias", name="alias/data") == ["alias/data"]


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


def test_what_rds_has_is_found_by_name_and_the_instance_by_its_resource_id(aws: None) -> None:
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
    rds.create_db_parameter_group(
        DBParameterGroupName="p15", DBParameterGroupFamily="postgres15", Description="d"
    )
    assert found("aws:rds/parameterGroup:ParameterGroup", name="p15") == ["p15"]
    assert found("aws:rds/subnetGroup:SubnetGroup", name="none") == []


def test_two_candidates_are_an_error_that_names_both(aws: None) -> None:
    first, second = make_vpc(), make_vpc()
    pending = state(creation("aws:ec2/vpc:Vpc", "network", cidrBlock="10.9.0.0/16", tags=TAGS))
    with pytest.raises(pending_creations.RecoveryError, match="network") as error:
        pending_creations.locate(pending, REGION)
    assert first in str(error.value)
    assert second in str(error.value)


def test_what_the_state_knows_already_is_no_candidate(aws: None) -> None:
    old, new = make_vpc(), make_vpc()
    wanted = creation("aws:ec2/vpc:Vpc", "network", cidrBlock="10.9.0.0/16", tags=TAGS)
    recorded = {**wanted, "id": old}
    assert pending_creations.locate(state(wanted, resources=(recorded,)), REGION) == {
        wanted["urn"]: new
    }


def test_a_type_that_can_not_be_looked_up_is_an_error_and_one_without_a_cloud_is_not() -> None:
    with pytest.raises(pending_creations.RecoveryError, match="aws:sqs/queue:Queue"):
        pending_creations.locate(state(creation("aws:sqs/queue:Queue", "jobs")), REGION)
    password = creation("random:index/randomPassword:RandomPassword", "master")
    assert pending_creations.locate(state(password), REGION) == {}


def test_a_component_that_was_being_registered_is_forgotten_and_registered_again() -> None:
    component = {**creation("nexusflow:security:LoginSecret", "login"), "custom": False}
    before = state(component)
    assert pending_creations.locate(before, "us-east-1") == {}
    assert pending_creations.settled(before, {})["pending_operations"] == []


def test_the_settled_state_records_what_exists_and_forgets_the_rest() -> None:
    made = creation("aws:kms/key:Key", "made", description="d")
    unmade = creation("aws:kms/key:Key", "unmade")
    before = state(made, unmade)
    updating = {"type": "updating", "resource": creation("aws:kms/key:Key", "other")}
    before["pending_operations"].append(updating)
    after = pending_creations.settled(before, {made["urn"]: "key-1"})
    assert after["resources"] == [{**made, "id": "key-1", "outputs": {"description": "d"}}]
    assert after["pending_operations"] == [updating]
    assert len(before["pending_operations"]) == 3, "the state given is left alone"


def test_an_adopted_replacement_leaves_its_predecessor_to_be_deleted() -> None:
    made = creation("aws:kms/key:Key", "data")
    old = {**made, "id": "key-0"}
    after = pending_creations.settled(state(made, resources=(old,)), {made["urn"]: "key-1"})
    ids = [(each["id"], each.get("delete", False)) for each in after["resources"]]
    assert ids == [("key-0", True), ("key-1", False)]


def test_secrets_are_revealed_wherever_they_stand() -> None:
    secret = {wire_format.SIGNATURE: wire_format.SECRET}
    secret["plaintext"] = json.dumps("hush")
    value = {"list": [{"password": secret}], "plain": 1}
    assert pending_creations.revealed(value) == {"list": [{"password": "hush"}], "plain": 1}
