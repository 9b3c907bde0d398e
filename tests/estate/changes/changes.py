"""Changes behind the engine's back: one plain boto3 call for every bound attribute of every type.

`CHANGES[token, property]` changes that attribute of a resource, given its state, to something
else that AWS accepts. `DELETIONS[token]` deletes the resource.
"""

from __future__ import annotations

import json
from typing import Any

from sandbox.providers.wire import Properties
from tests.estate.changes import ecs, services
from tests.estate.changes.security_groups import another_rule, new_group, rule, vpc_of_group
from tests.estate.changes.services import Change
from tests.estate.changes.services import client as _client
from tests.estate.resources import access, backups, cloudwatch, elasticache, hosts, s3


def _ec2() -> Any:
    return _client("ec2")


def _rds() -> Any:
    return _client("rds")


def _tagged_ec2(id_of: str) -> Change:
    return lambda state: _ec2().create_tags(
        Resources=[state[id_of]], Tags=[{"Key": "Project", "Value": "changed by hand"}]
    )


def _tagged_rds(state: Properties) -> None:
    _rds().add_tags_to_resource(
        ResourceName=state["arn"], Tags=[{"Key": "Project", "Value": "changed by hand"}]
    )


def _instance(**to: Any) -> Change:
    def change(state: Properties) -> None:
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        _rds().modify_db_instance(
            DBInstanceIdentifier=state["identifier"], ApplyImmediately=True, **arguments
        )

    return change


def _new_key(_: Properties) -> str:
    return str(_client("kms").create_key(Description="by hand")["KeyMetadata"]["Arn"])


def _new_parameter_group(state: Properties) -> str:
    name = f"{state['identifier']}-by-hand"
    _rds().create_db_parameter_group(
        DBParameterGroupName=name, DBParameterGroupFamily="postgres15", Description="by hand"
    )
    return name


def _new_subnet_group(state: Properties) -> str:
    name = f"{state['identifier']}-by-hand"
    now = _rds().describe_db_subnet_groups(DBSubnetGroupName=state["dbSubnetGroupName"])
    subnets = [subnet["SubnetIdentifier"] for subnet in now["DBSubnetGroups"][0]["Subnets"]]
    _rds().create_db_subnet_group(
        DBSubnetGroupName=name, DBSubnetGroupDescription="by hand", SubnetIds=subnets
    )
    return name


def _vpc_attribute(api: str, name: str) -> Change:
    return lambda state: _ec2().modify_vpc_attribute(
        VpcId=state["id"], **{api: {"Value": not state[name]}}
    )


def _route_elsewhere(state: Properties) -> None:
    """Through the NAT gateway what went through the internet gateway, and the other way round."""
    tables = _ec2().describe_route_tables(RouteTableIds=[state["routeTableId"]])["RouteTables"]
    vpc = tables[0]["VpcId"]
    if state.get("gatewayId"):
        of_vpc = [{"Name": "vpc-id", "Values": [vpc]}]
        gateways = _ec2().describe_nat_gateways(Filters=of_vpc)["NatGateways"]
        target = {"NatGatewayId": gateways[0]["NatGatewayId"]}
    else:
        attached = [{"Name": "attachment.vpc-id", "Values": [vpc]}]
        gateways = _ec2().describe_internet_gateways(Filters=attached)["InternetGateways"]
        target = {"GatewayId": gateways[0]["InternetGatewayId"]}
    _ec2().replace_route(
        RouteTableId=state["routeTableId"],
        DestinationCidrBlock=state["destinationCidrBlock"],
        **target,
    )


def _other_policy(state: Properties) -> None:
    policy = json.loads(state["policy"])
    policy["Statement"][0]["Principal"] = {"AWS": "*"}
    _client("kms").put_key_policy(
        KeyId=state["keyId"], PolicyName="default", Policy=json.dumps(policy)
    )


def _fewer_subnets(state: Properties) -> None:
    _rds().modify_db_subnet_group(
        DBSubnetGroupName=state["name"], SubnetIds=sorted(state["subnetIds"])[:-1]
    )


def _parameter(state: Properties) -> None:
    _rds().modify_db_parameter_group(
        DBParameterGroupName=state["name"],
        Parameters=[
            {"ParameterName": "work_mem", "ParameterValue": "4096", "ApplyMethod": "immediate"}
        ],
    )


VPC = "aws:ec2/vpc:Vpc"
SUBNET = "aws:ec2/subnet:Subnet"
GATEWAY = "aws:ec2/internetGateway:InternetGateway"
EIP = "aws:ec2/eip:Eip"
NAT = "aws:ec2/natGateway:NatGateway"
TABLE = "aws:ec2/routeTable:RouteTable"
ROUTE = "aws:ec2/route:Route"
ASSOCIATION = "aws:ec2/routeTableAssociation:RouteTableAssociation"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
EGRESS = "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule"
EXCLUSIVE = "aws:ec2/vpcSecurityGroupRulesExclusive:VpcSecurityGroupRulesExclusive"
KEY = "aws:kms/key:Key"
ALIAS = "aws:kms/alias:Alias"
SECRET = "aws:secretsmanager/secret:Secret"
VERSION = "aws:secretsmanager/secretVersion:SecretVersion"
SUBNETS = "aws:rds/subnetGroup:SubnetGroup"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
INSTANCE = "aws:rds/instance:Instance"

_RULE_CHANGES: dict[str, Change] = {
    "ipProtocol": rule(IpProtocol="udp"),
    "fromPort": rule(FromPort=5431),
    "toPort": rule(ToPort=5433),
    "cidrIpv4": rule(CidrIpv4="10.0.0.0/8"),
    "description": rule(Description="by hand"),
    "referencedSecurityGroupId": rule(
        ReferencedGroupId=lambda state: new_group(vpc_of_group(state["securityGroupId"]))
    ),
    "tags": _tagged_ec2("id"),
}
_BY_TOKEN: dict[str, dict[str, Change]] = {
    **services.BY_TOKEN,
    **ecs.BY_TOKEN,
    **access.CHANGES,
    **elasticache.CHANGES,
    **s3.CHANGES,
    **hosts.CHANGES,
    **cloudwatch.CHANGES,
    **backups.CHANGES,
    VPC: {
        "enableDnsSupport": _vpc_attribute("EnableDnsSupport", "enableDnsSupport"),
        "enableDnsHostnames": _vpc_attribute("EnableDnsHostnames", "enableDnsHostnames"),
        "tags": _tagged_ec2("id"),
    },
    SUBNET: {
        "mapPublicIpOnLaunch": lambda state: _ec2().modify_subnet_attribute(
            SubnetId=state["id"], MapPublicIpOnLaunch={"Value": not state["mapPublicIpOnLaunch"]}
        ),
        "tags": _tagged_ec2("id"),
    },
    ROUTE: dict.fromkeys(("natGatewayId", "gatewayId", "vpcPeeringConnectionId"), _route_elsewhere),
    GATEWAY: {
        "vpcId": lambda state: _ec2().detach_internet_gateway(
            InternetGatewayId=state["id"], VpcId=state["vpcId"]
        ),
        "tags": _tagged_ec2("id"),
    },
    EIP: {"tags": _tagged_ec2("id")},
    NAT: {"tags": _tagged_ec2("id")},
    TABLE: {"tags": _tagged_ec2("id")},
    ASSOCIATION: {},
    GROUP: {"tags": _tagged_ec2("id")},
    INGRESS: _RULE_CHANGES,
    EGRESS: _RULE_CHANGES,
    EXCLUSIVE: {
        "ingressRuleIds": another_rule("ingress"),
        "egressRuleIds": another_rule("egress"),
    },
    KEY: {
        "description": lambda state: _client("kms").update_key_description(
            KeyId=state["keyId"], Description="by hand"
        ),
        "policy": _other_policy,
        "enableKeyRotation": lambda state: _client("kms").disable_key_rotation(
            KeyId=state["keyId"]
        ),
        "isEnabled": lambda state: _client("kms").disable_key(KeyId=state["keyId"]),
        "tags": lambda state: _client("kms").tag_resource(
            KeyId=state["keyId"], Tags=[{"TagKey": "Project", "TagValue": "changed by hand"}]
        ),
    },
    ALIAS: {
        "targetKeyId": lambda state: _client("kms").update_alias(
            AliasName=state["name"], TargetKeyId=_new_key(state)
        )
    },
    SECRET: {
        "description": lambda state: _client("secretsmanager").update_secret(
            SecretId=state["arn"], Description="by hand"
        ),
        "kmsKeyId": lambda state: _client("secretsmanager").update_secret(
            SecretId=state["arn"], KmsKeyId=_new_key(state)
        ),
        "tags": lambda state: _client("secretsmanager").tag_resource(
            SecretId=state["arn"], Tags=[{"Key": "Project", "Value": "changed by hand"}]
        ),
    },
    VERSION: {
        "versionStages": lambda state: _client("secretsmanager").put_secret_value(
            SecretId=state["secretId"], SecretString="another value, set by hand"
        )
    },
    SUBNETS: {
        "description": lambda state: _rds().modify_db_subnet_group(
            DBSubnetGroupName=state["name"],
            DBSubnetGroupDescription="by hand",
            SubnetIds=state["subnetIds"],
        ),
        "subnetIds": _fewer_subnets,
        "tags": _tagged_rds,
    },
    PARAMETERS: {"parameters": _parameter, "tags": _tagged_rds},
    INSTANCE: {
        "identifier": _instance(
            NewDBInstanceIdentifier=lambda state: f"{state['identifier']}-by-hand"
        ),
        "instanceClass": _instance(DBInstanceClass="db.r6g.2xlarge"),
        "maxAllocatedStorage": _instance(MaxAllocatedStorage=2000),
        "iops": _instance(Iops=13000, AllocatedStorage=500),
        "storageType": _instance(StorageType="io2", Iops=12000),
        "storageThroughput": _instance(StorageThroughput=600),
        "multiAz": _instance(MultiAZ=lambda state: not state["multiAz"]),
        "port": _instance(DBPortNumber=5433),
        "dbSubnetGroupName": _instance(DBSubnetGroupName=_new_subnet_group),
        "vpcSecurityGroupIds": _instance(
            VpcSecurityGroupIds=lambda state: [
                new_group(vpc_of_group(state["vpcSecurityGroupIds"][0]))
            ]
        ),
        "parameterGroupName": _instance(DBParameterGroupName=_new_parameter_group),
        "publiclyAccessible": _instance(PubliclyAccessible=True),
        "backupRetentionPeriod": _instance(BackupRetentionPeriod=1),
        "backupWindow": _instance(PreferredBackupWindow="01:00-01:45"),
        "maintenanceWindow": _instance(PreferredMaintenanceWindow="mon:08:00-mon:09:00"),
        "copyTagsToSnapshot": _instance(CopyTagsToSnapshot=False),
        "deletionProtection": _instance(
            DeletionProtection=lambda state: not state["deletionProtection"]
        ),
        "autoMinorVersionUpgrade": _instance(AutoMinorVersionUpgrade=False),
        "iamDatabaseAuthenticationEnabled": _instance(EnableIAMDatabaseAuthentication=False),
        "caCertIdentifier": _instance(CACertificateIdentifier="rds-ca-ecc384-g1"),
        "enabledCloudwatchLogsExports": _instance(
            CloudwatchLogsExportConfiguration={"DisableLogTypes": ["postgresql"]}
        ),
        "performanceInsightsEnabled": _instance(
            EnablePerformanceInsights=lambda state: not state["performanceInsightsEnabled"]
        ),
        "monitoringInterval": _instance(MonitoringInterval=30),
        "monitoringRoleArn": _instance(MonitoringRoleArn="arn:aws:iam::123456789012:role/by-hand"),
        "tags": _tagged_rds,
    },
}
CHANGES: dict[tuple[str, str], Change] = {
    (token, name): change
    for token, changes in _BY_TOKEN.items()
    for name, change in changes.items()
}
