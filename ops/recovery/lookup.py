"""Finds a resource in AWS or PostgreSQL by what its creation was asked for, not by its id.

One finder a type: it gets the creation's inputs and yields the ids (as the Pulumi provider writes
them) of all resources that could be its result. It uses plain boto3 and psycopg, on a real account
as in the sandbox.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping
from typing import Any

from botocore.exceptions import ClientError
from psycopg import sql

from ops.recovery import alarms as finders_alarms
from ops.recovery import backups, ecs, elasticache, hosts, s3, services
from ops.recovery import secrets as finders_access
from ops.recovery.request import Finder, Inputs, Place, carries

ABSENT = ("NotFound", "NoSuch", "DoesNotExist")
"""Error codes of AWS that say: there is none."""


def find(type_token: str, place: Place, inputs: Inputs) -> list[str]:
    """The candidates' ids; a call that answers "no such thing" has none."""
    try:
        return sorted(set(FINDERS[type_token](place, inputs)))
    except ClientError as error:
        if any(word in error.response["Error"]["Code"] for word in ABSENT):
            return []
        raise


def described(call: str, items: str, identifier: str, **same: str) -> Finder:
    """A type of EC2's: by its tags and by the inputs that the description repeats as they are."""

    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        wanted = inputs.get("tags") or {}
        for page in place.aws("ec2").get_paginator(call).paginate():
            for item in page[items]:
                repeated = all(
                    item.get(theirs) == inputs[ours]
                    for ours, theirs in same.items()
                    if inputs.get(ours) is not None
                )
                alive = item.get("State") not in ("deleting", "deleted", "failed")
                if repeated and alive and carries(item.get("Tags", ()), wanted):
                    yield item[identifier]

    return finder


def address(place: Place, inputs: Inputs) -> Iterator[str]:
    for item in place.aws("ec2").describe_addresses()["Addresses"]:
        if carries(item.get("Tags", ()), inputs.get("tags") or {}):
            yield item["AllocationId"]


def route_id(route_table: str, destination: str) -> str:
    """AWS numbers no routes: the provider's own id, a checksum of the destination."""
    return f"r-{route_table}{zlib.crc32(destination.encode())}"


def route(place: Place, inputs: Inputs) -> Iterator[str]:
    for item in _routing(place, inputs)["Routes"]:
        # the route that AWS makes with the table is nobody's creation
        if item.get("Origin") == "CreateRoute" and _is_to(item, inputs["destinationCidrBlock"]):
            yield route_id(inputs["routeTableId"], inputs["destinationCidrBlock"])


def _is_to(item: Mapping[str, Any], destination: str) -> bool:
    return bool(item.get("DestinationCidrBlock") == destination)


def association(place: Place, inputs: Inputs) -> Iterator[str]:
    for item in _routing(place, inputs)["Associations"]:
        if item.get("SubnetId") == inputs.get("subnetId") and not item.get("Main"):
            yield item["RouteTableAssociationId"]


def _routing(place: Place, inputs: Inputs) -> Mapping[str, Any]:
    wanted = [inputs["routeTableId"]]
    tables = place.aws("ec2").describe_route_tables(RouteTableIds=wanted)["RouteTables"]
    return tables[0] if tables else {"Routes": [], "Associations": []}


def security_rule(egress: bool) -> Finder:
    """By what the rule allows: EC2 lets no group hold the same rule twice."""

    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        group = [{"Name": "group-id", "Values": [inputs["securityGroupId"]]}]
        answer = place.aws("ec2").describe_security_group_rules(Filters=group)
        for rule in answer["SecurityGroupRules"]:
            if rule["IsEgress"] == egress and _allows(rule, inputs):
                yield rule["SecurityGroupRuleId"]

    return finder


def _allows(rule: Mapping[str, Any], inputs: Inputs) -> bool:
    return (
        rule["IpProtocol"] == inputs["ipProtocol"]
        and rule.get("FromPort", -1) == inputs.get("fromPort", -1)
        and rule.get("ToPort", -1) == inputs.get("toPort", -1)
        and rule.get("CidrIpv4") == inputs.get("cidrIpv4")
        and rule.get("CidrIpv6") == inputs.get("cidrIpv6")
        and rule.get("PrefixListId") == inputs.get("prefixListId")
        and rule.get("ReferencedGroupInfo", {}).get("GroupId")
        == inputs.get("referencedSecurityGroupId")
    )


def rules_exclusive(place: Place, inputs: Inputs) -> Iterator[str]:
    """Nothing of AWS's own: the ownership of a group's rules, under the group's id."""
    wanted = [inputs["securityGroupId"]]
    for group in place.aws("ec2").describe_security_groups(GroupIds=wanted)["SecurityGroups"]:
        yield group["GroupId"]


def key(place: Place, inputs: Inputs) -> Iterator[str]:
    kms, wanted = place.aws("kms"), inputs.get("tags") or {}
    for page in kms.get_paginator("list_keys").paginate():
        for item in page["Keys"]:
            metadata = kms.describe_key(KeyId=item["KeyId"])["KeyMetadata"]
            theirs = metadata["KeyManager"] == "CUSTOMER"
            if not theirs or metadata["KeyState"] == "PendingDeletion":
                continue
            tags = kms.list_resource_tags(KeyId=item["KeyId"]).get("Tags", ())
            same = inputs.get("description") in (None, metadata["Description"])
            if same and carries(tags, wanted, "TagKey"):
                yield item["KeyId"]


def alias(place: Place, inputs: Inputs) -> Iterator[str]:
    for page in place.aws("kms").get_paginator("list_aliases").paginate():
        for item in page["Aliases"]:
            if item["AliasName"] == inputs["name"] and item.get("TargetKeyId"):
                yield item["AliasName"]


def secret(place: Place, inputs: Inputs) -> Iterator[str]:
    item = place.aws("secretsmanager").describe_secret(SecretId=inputs["name"])
    if not item.get("DeletedDate"):
        yield item["ARN"]


def secret_version(place: Place, inputs: Inputs) -> Iterator[str]:
    """The version whose value is the one that was to be stored."""
    manager, wanted = place.aws("secretsmanager"), inputs["secretId"]
    item = manager.describe_secret(SecretId=wanted)
    for version, stages in (item.get("VersionIdsToStages") or {}).items():
        if stages:
            value = manager.get_secret_value(SecretId=wanted, VersionId=version)
            if value.get("SecretString") == inputs.get("secretString"):
                yield f"{item['ARN']}|{version}"


def named(call: str, argument: str, items: str, identifier: str) -> Finder:
    """A type of RDS's: by its name, which is unique."""

    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        name = inputs.get("identifier") or inputs["name"]
        for item in getattr(place.aws("rds"), call)(**{argument: name})[items]:
            if item.get("DBInstanceStatus") != "deleting":
                yield item[identifier]

    return finder


def in_catalog(table: str, column: str) -> Finder:
    """What a PostgreSQL server lists in a catalog table, by name, which is its id."""

    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        query = sql.SQL("SELECT {column} FROM {table} WHERE {column} = %s").format(
            column=sql.Identifier(column), table=sql.Identifier("pg_catalog", table)
        )
        with place.postgres() as connection:
            yield from (str(row[0]) for row in connection.execute(query, (inputs["name"],)))

    return finder


FINDERS: Mapping[str, Finder] = {
    **services.FINDERS,
    **ecs.FINDERS,
    **finders_access.FINDERS,
    **elasticache.FINDERS,
    **s3.FINDERS,
    **hosts.FINDERS,
    **finders_alarms.FINDERS,
    **backups.FINDERS,
    "aws:ec2/vpc:Vpc": described("describe_vpcs", "Vpcs", "VpcId", cidrBlock="CidrBlock"),
    "aws:ec2/subnet:Subnet": described(
        "describe_subnets", "Subnets", "SubnetId", vpcId="VpcId", cidrBlock="CidrBlock"
    ),
    "aws:ec2/internetGateway:InternetGateway": described(
        "describe_internet_gateways", "InternetGateways", "InternetGatewayId"
    ),
    "aws:ec2/eip:Eip": address,
    "aws:ec2/natGateway:NatGateway": described(
        "describe_nat_gateways", "NatGateways", "NatGatewayId", subnetId="SubnetId"
    ),
    "aws:ec2/routeTable:RouteTable": described(
        "describe_route_tables", "RouteTables", "RouteTableId", vpcId="VpcId"
    ),
    "aws:ec2/route:Route": route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": association,
    "aws:ec2/securityGroup:SecurityGroup": described(
        "describe_security_groups", "SecurityGroups", "GroupId", vpcId="VpcId", name="GroupName"
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": security_rule(egress=False),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": security_rule(egress=True),
    "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive": rules_exclusive,
    "aws:kms/key:Key": key,
    "aws:kms/alias:Alias": alias,
    "aws:secretsmanager/secret:Secret": secret,
    "aws:secretsmanager/secretVersion:SecretVersion": secret_version,
    "aws:rds/subnetGroup:SubnetGroup": named(
        "describe_db_subnet_groups", "DBSubnetGroupName", "DBSubnetGroups", "DBSubnetGroupName"
    ),
    "aws:rds/parameterGroup:ParameterGroup": named(
        "describe_db_parameter_groups",
        "DBParameterGroupName",
        "DBParameterGroups",
        "DBParameterGroupName",
    ),
    "aws:rds/instance:Instance": named(
        "describe_db_instances", "DBInstanceIdentifier", "DBInstances", "DbiResourceId"
    ),
    "postgresql:index/database:Database": in_catalog("pg_database", "datname"),
    "postgresql:index/role:Role": in_catalog("pg_roles", "rolname"),
}
