"""Network load balancers, and what their parts have in common."""

from __future__ import annotations

from collections.abc import Mapping

from sandbox.providers.aws.resource import (
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties, has_unknown

Attributes = Mapping[str, tuple[str, type]]
"""Property -> the key of an attribute, and what its text stands for."""


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    answer = aws.client("elbv2").describe_tags(ResourceArns=[arn])
    return tag_map(answer["TagDescriptions"][0]["Tags"])


def update_tags(aws: Aws, arn: str, state: Properties, inputs: Properties) -> None:
    wanted, unwanted = tag_changes(state, inputs)
    if unwanted:
        aws.client("elbv2").remove_tags(ResourceArns=[arn], TagKeys=unwanted)
    if wanted:
        aws.client("elbv2").add_tags(ResourceArns=[arn], Tags=tag_list(wanted))


def attribute_list(attributes: Attributes, inputs: Properties) -> list[dict[str, str]]:
    return [
        {"Key": key, "Value": str(inputs[name]).lower()}
        for name, (key, _) in attributes.items()
        if inputs.get(name) is not None
    ]


def attribute_values(attributes: Attributes, listed: list[dict[str, str]]) -> Properties:
    found = {each["Key"]: each["Value"] for each in listed}
    return {
        name: found[key] == "true" if resource_type is bool else resource_type(found[key])
        for name, (key, resource_type) in attributes.items()
        if key in found
    }


class LoadBalancer(AwsResourceType):
    """A network load balancer: AWS gives one that was made without a security group none later."""

    token = "aws:lb/loadBalancer:LoadBalancer"
    cfn = "AWS::ElasticLoadBalancingV2::LoadBalancer"
    service = "elbv2"
    absent = frozenset({"LoadBalancerNotFound"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("Name", bound=True, replaces=REGISTRY),
        "internal": Property(default=False, bound=True, replaces=PROVIDER),
        "loadBalancerType": Property("Type", default="application", bound=True, replaces=REGISTRY),
        "subnets": Property("Subnets", required=True, bound=True, unordered=True),
        "securityGroups": Property("SecurityGroups", bound=True, computed=True, unordered=True),
        "enableCrossZoneLoadBalancing": Property(default=False, bound=True),
        "enableDeletionProtection": Property(default=False, bound=True),
        "tags": TAGS,
        "arn": Property(output=True),
        "arnSuffix": Property(output=True),
        "dnsName": Property("DNSName", output=True),
        "zoneId": Property("CanonicalHostedZoneId", output=True),
        "vpcId": Property("VpcId", output=True),
    }
    attributes: Attributes = {
        "enableCrossZoneLoadBalancing": ("load_balancing.cross_zone.enabled", bool),
        "enableDeletionProtection": ("deletion_protection.enabled", bool),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        if inputs.get("loadBalancerType") != "network":
            return [("loadBalancerType", "the sandbox only knows network load balancers")]
        return super().validate(inputs)

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """What the provider's CustomizeDiff replaces a network load balancer for: it only gains
        subnets, and has security groups from the beginning or never."""
        old, new = state.get(name) or [], inputs.get(name) or []
        if name in ("subnets", "securityGroups") and has_unknown(new):
            return False
        if name == "subnets":
            return len(new) <= len(old)
        if name == "securityGroups":
            return bool(new) != bool(old)
        return super().forces(name, state, inputs)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("elbv2").create_load_balancer(
            **self.arguments(inputs),
            Scheme="internal" if inputs["internal"] else "internet-facing",
            Tags=tag_list(inputs["tags"]),
        )
        return Created(answer["LoadBalancers"][0]["LoadBalancerArn"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        aws.client("elbv2").modify_load_balancer_attributes(
            LoadBalancerArn=resource_id, Attributes=attribute_list(self.attributes, inputs)
        )

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        elb = aws.client("elbv2")
        (found,) = elb.describe_load_balancers(LoadBalancerArns=[resource_id])["LoadBalancers"]
        listed = elb.describe_load_balancer_attributes(LoadBalancerArn=resource_id)["Attributes"]
        return {
            "name": found["LoadBalancerName"],
            "internal": found["Scheme"] == "internal",
            "loadBalancerType": found["Type"],
            "subnets": sorted(zone["SubnetId"] for zone in found["AvailabilityZones"]),
            "securityGroups": sorted(found.get("SecurityGroups") or []),
            **attribute_values(self.attributes, listed),
            "tags": tags_of(aws, resource_id),
            "arn": resource_id,
            "arnSuffix": resource_id.partition(":loadbalancer/")[2],
            "dnsName": found["DNSName"],
            "zoneId": found.get("CanonicalHostedZoneId"),
            "vpcId": found["VpcId"],
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Attributes are set by settling."""
        elb = aws.client("elbv2")
        with self.existing():
            if "securityGroups" in changed:
                elb.set_security_groups(
                    LoadBalancerArn=resource_id, SecurityGroups=inputs["securityGroups"]
                )
            if "subnets" in changed:
                elb.set_subnets(LoadBalancerArn=resource_id, Subnets=inputs["subnets"])
            update_tags(aws, resource_id, state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elbv2").describe_load_balancers(LoadBalancerArns=[resource_id])
            aws.client("elbv2").delete_load_balancer(LoadBalancerArn=resource_id)


RESOURCE_TYPES = (LoadBalancer(),)
