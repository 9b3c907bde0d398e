"""Finds what surrounds a database: endpoints, flow logs, roles, log groups, topics, names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place, carries

ENDED = ("deleting", "deleted", "failed", "rejected", "expired")


def endpoint(place: Place, inputs: Inputs) -> Iterator[str]:
    """A VPC may have several endpoints of one service: tags tell them apart."""
    for page in place.aws("ec2").get_paginator("describe_vpc_endpoints").paginate():
        for item in page["VpcEndpoints"]:
            same = (item["VpcId"], item["ServiceName"]) == (inputs["vpcId"], inputs["serviceName"])
            alive = item["State"].lower() not in ENDED
            if same and alive and carries(item.get("Tags", ()), inputs.get("tags") or {}):
                yield item["VpcEndpointId"]


def flow_log(place: Place, inputs: Inputs) -> Iterator[str]:
    for page in place.aws("ec2").get_paginator("describe_flow_logs").paginate():
        for item in page["FlowLogs"]:
            same = (item["ResourceId"], item.get("LogDestination")) == (
                inputs["vpcId"],
                inputs["logDestination"],
            )
            if same and carries(item.get("Tags", ()), inputs.get("tags") or {}):
                yield item["FlowLogId"]


def peering(place: Place, inputs: Inputs) -> Iterator[str]:
    for page in place.aws("ec2").get_paginator("describe_vpc_peering_connections").paginate():
        for item in page["VpcPeeringConnections"]:
            ours, theirs = item["RequesterVpcInfo"], item["AccepterVpcInfo"]
            same = (ours["VpcId"], theirs["VpcId"]) == (inputs["vpcId"], inputs["peerVpcId"])
            if same and item["Status"]["Code"] not in ENDED:
                yield item["VpcPeeringConnectionId"]


def default_group(place: Place, inputs: Inputs) -> Iterator[str]:
    """AWS makes it with the VPC; its creation only takes it over."""
    wanted = {"vpc-id": inputs["vpcId"], "group-name": "default"}
    filters = [{"Name": name, "Values": [value]} for name, value in wanted.items()]
    for group in place.aws("ec2").describe_security_groups(Filters=filters)["SecurityGroups"]:
        yield group["GroupId"]


def log_group(place: Place, inputs: Inputs) -> Iterator[str]:
    pages = place.aws("logs").get_paginator("describe_log_groups")
    for page in pages.paginate(logGroupNamePrefix=inputs["name"]):
        for item in page["logGroups"]:
            if item["logGroupName"] == inputs["name"]:
                yield item["logGroupName"]


def role(place: Place, inputs: Inputs) -> Iterator[str]:
    yield place.aws("iam").get_role(RoleName=inputs["name"])["Role"]["RoleName"]


def role_policy(place: Place, inputs: Inputs) -> Iterator[str]:
    wanted = {"RoleName": inputs["role"], "PolicyName": inputs["name"]}
    found = place.aws("iam").get_role_policy(**wanted)
    yield f"{found['RoleName']}:{found['PolicyName']}"


def attachment(place: Place, inputs: Inputs) -> Iterator[str]:
    pages = place.aws("iam").get_paginator("list_attached_role_policies")
    for page in pages.paginate(RoleName=inputs["role"]):
        for item in page["AttachedPolicies"]:
            if item["PolicyArn"] == inputs["policyArn"]:
                yield f"{inputs['role']}/{item['PolicyArn']}"


def topic(place: Place, inputs: Inputs) -> Iterator[str]:
    for page in place.aws("sns").get_paginator("list_topics").paginate():
        for item in page["Topics"]:
            if item["TopicArn"].rpartition(":")[2] == inputs["name"]:
                yield item["TopicArn"]


def topic_policy(place: Place, inputs: Inputs) -> Iterator[str]:
    """Nothing of SNS's own: every topic has a policy, under the topic's ARN."""
    yield place.aws("sns").get_topic_attributes(TopicArn=inputs["arn"])["Attributes"]["TopicArn"]


def event_subscription(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("rds").describe_event_subscriptions(SubscriptionName=inputs["name"])
    for item in answer["EventSubscriptionsList"]:
        yield item["CustSubscriptionId"]


def zone(place: Place, inputs: Inputs) -> Iterator[str]:
    """Several private zones may bear one name, each for its VPCs."""
    route53, wanted = place.aws("route53"), {vpc["vpcId"] for vpc in inputs["vpcs"]}
    for page in route53.get_paginator("list_hosted_zones").paginate():
        for item in page["HostedZones"]:
            if item["Name"].removesuffix(".") == inputs["name"].removesuffix("."):
                vpcs = route53.get_hosted_zone(Id=item["Id"]).get("VPCs", [])
                if wanted & {vpc["VPCId"] for vpc in vpcs}:
                    yield item["Id"].rpartition("/")[2]


def record(place: Place, inputs: Inputs) -> Iterator[str]:
    """Route 53 numbers no records: the provider's own id is made of what identifies one."""
    identity = (inputs["name"].lower(), inputs["type"], inputs.get("setIdentifier"))
    pages = place.aws("route53").get_paginator("list_resource_record_sets")
    for page in pages.paginate(HostedZoneId=inputs["zoneId"]):
        for item in page["ResourceRecordSets"]:
            name = item["Name"].removesuffix(".")
            if (name, item["Type"], item.get("SetIdentifier")) == identity:
                yield "_".join([inputs["zoneId"], *filter(None, identity)])


FINDERS: Mapping[str, Finder] = {
    "aws:ec2/vpcEndpoint:VpcEndpoint": endpoint,
    "aws:ec2/flowLog:FlowLog": flow_log,
    "aws:ec2/vpcPeeringConnection:VpcPeeringConnection": peering,
    "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup": default_group,
    "aws:cloudwatch/logGroup:LogGroup": log_group,
    "aws:iam/role:Role": role,
    "aws:iam/rolePolicy:RolePolicy": role_policy,
    "aws:iam/rolePolicyAttachment:RolePolicyAttachment": attachment,
    "aws:sns/topic:Topic": topic,
    "aws:sns/topicPolicy:TopicPolicy": topic_policy,
    "aws:rds/eventSubscription:EventSubscription": event_subscription,
    "aws:route53/zone:Zone": zone,
    "aws:route53/record:Record": record,
}
