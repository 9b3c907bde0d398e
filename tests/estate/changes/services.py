"""Changes by plain boto3 of what surrounds a database: endpoints, roles, logs, topics, names."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3

from sandbox.providers.wire import Properties

Change = Callable[[Properties], Any]
BY_HAND = "changed by hand"


def client(service: str) -> Any:
    return boto3.client(service, region_name="us-east-1")


def _tagged_ec2(state: Properties) -> None:
    client("ec2").create_tags(Resources=[state["id"]], Tags=[{"Key": "Project", "Value": BY_HAND}])


def _endpoint(**to: Any) -> Change:
    def change(state: Properties) -> None:
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        client("ec2").modify_vpc_endpoint(VpcEndpointId=state["id"], **arguments)

    return change


def _opened(direction: str) -> Change:
    """A rule that somebody adds to a group for the whole world."""
    everyone = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    return lambda state: getattr(client("ec2"), f"authorize_security_group_{direction}")(
        GroupId=state["id"], IpPermissions=[everyone]
    )


def another_statement(document: str) -> str:
    """The same policy with a statement that somebody slipped in."""
    policy = json.loads(document)
    statements = policy["Statement"]
    slipped_in = {**statements[0], "Sid": "ByHand", "Effect": "Deny"}
    return json.dumps({**policy, "Statement": [*statements, slipped_in]})


def _role(call: str, **to: Any) -> Change:
    def change(state: Properties) -> None:
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        getattr(client("iam"), call)(RoleName=state["name"], **arguments)

    return change


def _role_policy(state: Properties) -> None:
    client("iam").put_role_policy(
        RoleName=state["role"],
        PolicyName=state["name"],
        PolicyDocument=another_statement(state["policy"]),
    )


def _topic(name: str, value: Any) -> Change:
    return lambda state: client("sns").set_topic_attributes(
        TopicArn=state["arn"],
        AttributeName=name,
        AttributeValue=value(state) if callable(value) else value,
    )


def _subscription(**to: Any) -> Change:
    def change(state: Properties) -> None:
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        client("rds").modify_event_subscription(SubscriptionName=state["name"], **arguments)

    return change


def _another_vpc(state: Properties) -> None:
    vpc = client("ec2").create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    client("route53").associate_vpc_with_hosted_zone(
        HostedZoneId=state["zoneId"], VPC={"VPCId": vpc, "VPCRegion": "us-east-1"}
    )


def _record(**to: Any) -> Change:
    def change(state: Properties) -> None:
        records = client("route53").list_resource_record_sets(HostedZoneId=state["zoneId"])
        (now,) = (
            record
            for record in records["ResourceRecordSets"]
            if record["Name"] == f"{state['fqdn']}."
            and record.get("SetIdentifier") == (state.get("setIdentifier") or None)
        )
        wanted = {"Action": "UPSERT", "ResourceRecordSet": {**now, **to}}
        client("route53").change_resource_record_sets(
            HostedZoneId=state["zoneId"], ChangeBatch={"Changes": [wanted]}
        )

    return change


def _new_key(_: Properties) -> str:
    return str(client("kms").create_key(Description="by hand")["KeyMetadata"]["Arn"])


BY_TOKEN: dict[str, dict[str, Change]] = {
    "aws:ec2/vpcEndpoint:VpcEndpoint": {
        "policy": _endpoint(PolicyDocument=lambda state: another_statement(state["policy"])),
        "privateDnsEnabled": _endpoint(PrivateDnsEnabled=False),
        "routeTableIds": _endpoint(RemoveRouteTableIds=lambda state: state["routeTableIds"][:1]),
        "subnetIds": _endpoint(RemoveSubnetIds=lambda state: state["subnetIds"][:1]),
        "securityGroupIds": _endpoint(
            RemoveSecurityGroupIds=lambda state: state["securityGroupIds"]
        ),
        "tags": _tagged_ec2,
    },
    "aws:ec2/flowLog:FlowLog": {"tags": _tagged_ec2},
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": {"tags": _tagged_ec2},
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": {
        "ingress": _opened("ingress"),
        "egress": _opened("egress"),
        "tags": _tagged_ec2,
    },
    "aws:cloudwatch/logGroup:LogGroup": {
        "retentionInDays": lambda state: client("logs").put_retention_policy(
            logGroupName=state["name"], retentionInDays=1
        ),
        "kmsKeyId": lambda state: client("logs").disassociate_kms_key(logGroupName=state["name"]),
        "tags": lambda state: client("logs").tag_resource(
            resourceArn=state["arn"], tags={"Project": BY_HAND}
        ),
    },
    "aws:iam/role:Role": {
        "assumeRolePolicy": _role(
            "update_assume_role_policy",
            PolicyDocument=lambda state: another_statement(state["assumeRolePolicy"]),
        ),
        "description": _role("update_role", Description=BY_HAND, MaxSessionDuration=3600),
        "maxSessionDuration": _role(
            "update_role",
            Description=lambda state: state["description"],
            MaxSessionDuration=43200,
        ),
        "permissionsBoundary": _role(
            "put_role_permissions_boundary",
            PermissionsBoundary="arn:aws:iam::aws:policy/AdministratorAccess",
        ),
        "tags": _role("tag_role", Tags=[{"Key": "Project", "Value": BY_HAND}]),
    },
    "aws:iam/rolePolicy:RolePolicy": {"policy": _role_policy},
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": {},
    "aws:sns/topic:Topic": {
        "displayName": _topic("DisplayName", BY_HAND),
        "kmsMasterKeyId": _topic("KmsMasterKeyId", _new_key),
        "tags": lambda state: client("sns").tag_resource(
            ResourceArn=state["arn"], Tags=[{"Key": "Project", "Value": BY_HAND}]
        ),
    },
    "aws:sns/topicPolicy:TopicPolicy": {
        "policy": _topic("Policy", lambda state: another_statement(state["policy"]))
    },
    "aws:rds/eventSubscription:EventSubscription": {
        "snsTopic": _subscription(
            SnsTopicArn=lambda _: client("sns").create_topic(Name="by-hand")["TopicArn"]
        ),
        "sourceType": _subscription(SourceType="db-snapshot"),
        "sourceIds": lambda state: client("rds").add_source_identifier_to_subscription(
            SubscriptionName=state["name"], SourceIdentifier="by-hand"
        ),
        "eventCategories": _subscription(EventCategories=["creation"]),
        "enabled": _subscription(Enabled=False),
        "tags": lambda state: client("rds").add_tags_to_resource(
            ResourceName=state["arn"], Tags=[{"Key": "Project", "Value": BY_HAND}]
        ),
    },
    "aws:route53/zone:Zone": {
        "comment": lambda state: client("route53").update_hosted_zone_comment(
            Id=state["zoneId"], Comment=BY_HAND
        ),
        "vpcs": _another_vpc,
        "tags": lambda state: client("route53").change_tags_for_resource(
            ResourceType="hostedzone",
            ResourceId=state["zoneId"],
            AddTags=[{"Key": "Project", "Value": BY_HAND}],
        ),
    },
    "aws:route53/record:Record": {
        "ttl": _record(TTL=86400),
        "records": _record(ResourceRecords=[{"Value": "elsewhere.example.com"}]),
        "weightedRoutingPolicies": _record(Weight=200),
    },
}
