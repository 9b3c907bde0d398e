"""Everything that exists in the emulated AWS, by type and provider id, less moto's own defaults."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from sandbox.providers.aws.__main__ import RESOURCE_TYPES
from sandbox.providers.aws.resource import AwsResourceType
from tests.estate.inventory import ecs
from tests.estate.resources import backups, cloudwatch, elasticache, hosts, s3
from tests.estate.resources.backups import REGIONS

REGION = "us-east-1"


def _all(service: str, call: str, key: str, **arguments: Any) -> list[dict[str, Any]]:
    client = boto3.client(service, region_name=REGION)
    if client.can_paginate(call):
        pages = client.get_paginator(call).paginate(**arguments)
        return [item for page in pages for item in page[key]]
    return list(getattr(client, call)(**arguments)[key])


def _route_id(table: str, destination: str) -> str:
    route = RESOURCE_TYPES["aws:ec2/route:Route"]
    assert isinstance(route, AwsResourceType)
    return route.id_of({"routeTableId": table, "destinationCidrBlock": destination})


def _default_vpcs() -> set[str]:
    return {vpc["VpcId"] for vpc in _all("ec2", "describe_vpcs", "Vpcs") if vpc["IsDefault"]}


def _tables() -> list[dict[str, Any]]:
    """Route tables that somebody made: not the one that comes with a VPC."""
    return [
        table
        for table in _all("ec2", "describe_route_tables", "RouteTables")
        if not any(association.get("Main") for association in table["Associations"])
    ]


def _groups() -> list[dict[str, Any]]:
    groups = _all("ec2", "describe_security_groups", "SecurityGroups")
    return [group for group in groups if group["GroupName"] != "default"]


def _rules(egress: bool) -> set[str]:
    made = {group["GroupId"] for group in _groups()}
    rules = _all("ec2", "describe_security_group_rules", "SecurityGroupRules")
    return {
        rule["SecurityGroupRuleId"]
        for rule in rules
        if rule["GroupId"] in made and rule["IsEgress"] == egress
    }


def _ids(service: str, call: str, key: str, name: str) -> Callable[[], set[str]]:
    return lambda: {item[name] for item in _all(service, call, key)}


def _keys() -> set[str]:
    metadata = [
        kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"]
        for kms in (boto3.client("kms", region_name=region) for region in REGIONS)
        for key in kms.list_keys(Limit=1000)["Keys"]
    ]
    return {
        key["KeyId"]
        for key in metadata
        if key["KeyManager"] == "CUSTOMER" and key["KeyState"] != "PendingDeletion"
    }


def _versions() -> set[str]:
    client = boto3.client("secretsmanager", region_name=REGION)
    return {
        f"{secret['ARN']}|{version}"
        for secret in _all("secretsmanager", "list_secrets", "SecretList")
        for version, stages in client.describe_secret(SecretId=secret["ARN"])
        .get("VersionIdsToStages", {})
        .items()
        if "AWSCURRENT" in stages
    }


def _role_policies() -> set[str]:
    iam = boto3.client("iam", region_name=REGION)
    return {
        f"{role['RoleName']}:{policy}"
        for role in _all("iam", "list_roles", "Roles")
        for policy in iam.list_role_policies(RoleName=role["RoleName"])["PolicyNames"]
    }


def _attachments() -> set[str]:
    iam = boto3.client("iam", region_name=REGION)
    return {
        f"{role['RoleName']}/{policy['PolicyArn']}"
        for role in _all("iam", "list_roles", "Roles")
        for policy in iam.list_attached_role_policies(RoleName=role["RoleName"])["AttachedPolicies"]
    }


def _records() -> set[str]:
    route53 = boto3.client("route53", region_name=REGION)
    return {
        record_id(zone["Id"].rpartition("/")[2], record)
        for zone in _all("route53", "list_hosted_zones", "HostedZones")
        for record in route53.list_resource_record_sets(HostedZoneId=zone["Id"])[
            "ResourceRecordSets"
        ]
        if record["Type"] not in ("NS", "SOA")  # these come with the zone
    }


def record_id(zone: str, record: dict[str, Any]) -> str:
    """The provider's id of a record: zone, name, type and, of several, which."""
    parts = [zone, record["Name"].rstrip("."), record["Type"]]
    return "_".join([*parts, *([record["SetIdentifier"]] if "SetIdentifier" in record else [])])


INVENTORY: dict[str, Callable[[], set[str]]] = {
    **ecs.INVENTORY,
    **elasticache.INVENTORY,
    **s3.INVENTORY,
    **hosts.INVENTORY,
    **cloudwatch.INVENTORY,
    **backups.INVENTORY,
    "aws:ec2/vpc:Vpc": lambda: {
        vpc["VpcId"] for vpc in _all("ec2", "describe_vpcs", "Vpcs") if not vpc["IsDefault"]
    },
    "aws:ec2/subnet:Subnet": lambda: {
        subnet["SubnetId"]
        for subnet in _all("ec2", "describe_subnets", "Subnets")
        if subnet["VpcId"] not in _default_vpcs()
    },
    "aws:ec2/internetGateway:InternetGateway": _ids(
        "ec2", "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/eip:Eip": _ids("ec2", "describe_addresses", "Addresses", "AllocationId"),
    "aws:ec2/natGateway:NatGateway": lambda: {
        nat["NatGatewayId"]
        for nat in _all("ec2", "describe_nat_gateways", "NatGateways")
        if nat["State"] == "available"
    },
    "aws:ec2/routeTable:RouteTable": lambda: {table["RouteTableId"] for table in _tables()},
    "aws:ec2/route:Route": lambda: {
        _route_id(table["RouteTableId"], route["DestinationCidrBlock"])
        for table in _tables()
        for route in table["Routes"]
        if route["Origin"] == "CreateRoute" and "DestinationCidrBlock" in route
    },
    "aws:ec2/routeTableAssociation:RouteTableAssociation": lambda: {
        association["RouteTableAssociationId"]
        for table in _tables()
        for association in table["Associations"]
    },
    "aws:ec2/securityGroup:SecurityGroup": lambda: {group["GroupId"] for group in _groups()},
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": lambda: _rules(egress=False),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": lambda: _rules(egress=True),
    "aws:kms/key:Key": _keys,
    "aws:kms/alias:Alias": lambda: {
        alias["AliasName"]
        for region in REGIONS
        for alias in boto3.client("kms", region_name=region).list_aliases(Limit=1000)["Aliases"]
        if not alias["AliasName"].startswith("alias/aws/")
    },
    "aws:secretsmanager/secret:Secret": _ids("secretsmanager", "list_secrets", "SecretList", "ARN"),
    "aws:secretsmanager/secretVersion:SecretVersion": _versions,
    "aws:rds/subnetGroup:SubnetGroup": _ids(
        "rds", "describe_db_subnet_groups", "DBSubnetGroups", "DBSubnetGroupName"
    ),
    "aws:rds/parameterGroup:ParameterGroup": lambda: {
        group["DBParameterGroupName"]
        for group in _all("rds", "describe_db_parameter_groups", "DBParameterGroups")
        if not group["DBParameterGroupName"].startswith("default.")
    },
    "aws:ec2/vpcEndpoint:VpcEndpoint": _ids(
        "ec2", "describe_vpc_endpoints", "VpcEndpoints", "VpcEndpointId"
    ),
    "aws:ec2/flowLog:FlowLog": _ids("ec2", "describe_flow_logs", "FlowLogs", "FlowLogId"),
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": _ids(
        "ec2",
        "describe_vpc_peering_connections",
        "VpcPeeringConnections",
        "VpcPeeringConnectionId",
    ),
    "aws:iam/role:Role": _ids("iam", "list_roles", "Roles", "RoleName"),
    "aws:iam/rolePolicy:RolePolicy": _role_policies,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": _attachments,
    "aws:cloudwatch/logGroup:LogGroup": _ids(
        "logs", "describe_log_groups", "logGroups", "logGroupName"
    ),
    "aws:sns/topic:Topic": _ids("sns", "list_topics", "Topics", "TopicArn"),
    "aws:route53/zone:Zone": lambda: {
        zone["Id"].rpartition("/")[2]
        for zone in _all("route53", "list_hosted_zones", "HostedZones")
    },
    "aws:route53/record:Record": _records,
    "aws:rds/eventSubscription:EventSubscription": _ids(
        "rds", "describe_event_subscriptions", "EventSubscriptionsList", "CustSubscriptionId"
    ),
    "aws:rds/instance:Instance": _ids(
        "rds", "describe_db_instances", "DBInstances", "DbiResourceId"
    ),
}
NOT_LISTED = frozenset(
    {
        "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive",
        "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup",
        "aws:sns/topicPolicy:TopicPolicy",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        *backups.NOT_LISTED,
    }
)
"""Types that have no existence of their own: they are about something else that exists."""
