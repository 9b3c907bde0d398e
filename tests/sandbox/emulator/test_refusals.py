"""What AWS refuses of networks, keys and secrets, and moto alone would let pass."""

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


def test_descriptions_of_group_rules_are_told(ec2: Any, network: dict[str, str]) -> None:
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


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("encrypt", {"Plaintext": b"x"}),
        ("enable_key", {}),
        ("disable_key", {}),
        ("enable_key_rotation", {}),
        ("update_key_description", {"Description": "x"}),
        ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("schedule_key_deletion", {"PendingWindowInDays": 7}),
    ],
)
def test_a_key_pending_deletion_can_only_be_kept(
    connect: Connect, call: str, arguments: dict[str, Any]
) -> None:
    kms = connect("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="pending deletion"):
        getattr(kms, call)(KeyId=key, **arguments)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.encrypt(KeyId=key, Plaintext=b"x")


def test_an_alias_for_a_key_pending_deletion_and_a_short_window_are_refused(
    connect: Connect,
) -> None:
    kms = connect("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="from 7 to 30"):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=3)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.create_alias(AliasName="alias/late", TargetKeyId=key)


def test_the_name_of_a_secret_scheduled_for_deletion_is_reserved(connect: Connect) -> None:
    secrets = connect("secretsmanager")
    secrets.create_secret(Name="reserved", SecretString="x")
    secrets.delete_secret(SecretId="reserved", RecoveryWindowInDays=7)
    for call, arguments in (
        ("create_secret", {"Name": "reserved", "SecretString": "x"}),
        ("put_secret_value", {"SecretId": "reserved", "SecretString": "y"}),
        ("tag_resource", {"SecretId": "reserved", "Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        with pytest.raises(secrets.exceptions.InvalidRequestException):
            getattr(secrets, call)(**arguments)
    secrets.restore_secret(SecretId="reserved")
    secrets.put_secret_value(SecretId="reserved", SecretString="y")
    secrets.delete_secret(SecretId="reserved", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="reserved", SecretString="x")


def test_a_secrets_value_is_that_of_the_version_that_is_current(connect: Connect) -> None:
    manager = connect("secretsmanager")
    first = manager.create_secret(Name="staged", SecretString="first")["VersionId"]
    second = manager.put_secret_value(SecretId="staged", SecretString="second")["VersionId"]
    assert manager.get_secret_value(SecretId="staged")["SecretString"] == "second"
    manager.update_secret_version_stage(
        SecretId="staged",
        VersionStage="AWSCURRENT",
        MoveToVersionId=first,
        RemoveFromVersionId=second,
    )
    assert manager.get_secret_value(SecretId="staged")["SecretString"] == "first"


def test_a_secret_needs_a_key_that_works(connect: Connect) -> None:
    kms, secrets = connect("kms"), connect("secretsmanager")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="with-key", SecretString="x", KmsKeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    for broken in (key, f"{key[:-12]}000000000000"):
        with pytest.raises(ClientError, match="EncryptionFailure"):
            secrets.create_secret(Name="without", SecretString="x", KmsKeyId=broken)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("no document", "MalformedPolicyDocumentException"),
        ('{"Statement": [{"Effect": "Deny"}]}', "MalformedPolicyDocumentException"),
        (
            '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}',
            "PublicPolicyException",
        ),
    ],
)
def test_a_policy_that_says_nothing_or_opens_a_secret_to_everyone_is_refused(
    connect: Connect, policy: str, code: str
) -> None:
    secrets = connect("secretsmanager")
    secret = secrets.create_secret(Name=f"policy-of-{len(policy)}", SecretString="x")["ARN"]
    with pytest.raises(ClientError) as refused:
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=policy, BlockPublicPolicy=True)
    assert refused.value.response["Error"]["Code"] == code
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=secret)
