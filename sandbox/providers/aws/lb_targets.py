"""What load balancers pass on to: target groups, and the listeners that lead there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.ports import SANDBOX_PORT
from sandbox.providers.aws.lb import (
    Attributes,
    attribute_list,
    attribute_values,
    tags_of,
    update_tags,
)
from sandbox.providers.aws.resource import REGISTRY, TAGS, AwsResourceType, tag_list
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties


class TargetGroup(AwsResourceType):
    token = "aws:lb/targetGroup:TargetGroup"
    cfn = "AWS::ElasticLoadBalancingV2::TargetGroup"
    extensions = ("targettype_restrictions",)
    service = "elbv2"
    absent = frozenset({"TargetGroupNotFound"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("Name", bound=True, replaces=REGISTRY),
        "port": Property("Port", required=True, bound=True, replaces=REGISTRY),
        "protocol": Property("Protocol", required=True, bound=True, replaces=REGISTRY),
        "targetType": Property("TargetType", default="instance", bound=True, replaces=REGISTRY),
        "vpcId": Property("VpcId", required=True, bound=True, replaces=REGISTRY),
        "deregistrationDelay": Property(default=300, bound=True),
        "connectionTermination": Property(default=False, bound=True),
        "healthCheck": Property(computed=True, bound=True),
        "tags": TAGS,
        "arn": Property(output=True),
        "arnSuffix": Property(output=True),
    }
    attributes: Attributes = {
        "deregistrationDelay": ("deregistration_delay.timeout_seconds", int),
        "connectionTermination": ("deregistration_delay.connection_termination.enabled", bool),
    }
    health: Mapping[str, str] = {
        "protocol": "HealthCheckProtocol",
        "port": "HealthCheckPort",
        "interval": "HealthCheckIntervalSeconds",
        "timeout": "HealthCheckTimeoutSeconds",
        "healthyThreshold": "HealthyThresholdCount",
        "unhealthyThreshold": "UnhealthyThresholdCount",
    }

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "healthCheck":  # what isn't stated is the load balancer's own choice
            return all(actual.get(key) == value for key, value in desired.items())
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("elbv2").create_target_group(
            **self.arguments(inputs), **self._health(inputs), Tags=tag_list(inputs["tags"])
        )
        return Created(answer["TargetGroups"][0]["TargetGroupArn"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        aws.client("elbv2").modify_target_group_attributes(
            TargetGroupArn=resource_id, Attributes=attribute_list(self.attributes, inputs)
        )

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        elb = aws.client("elbv2")
        (found,) = elb.describe_target_groups(TargetGroupArns=[resource_id])["TargetGroups"]
        listed = elb.describe_target_group_attributes(TargetGroupArn=resource_id)["Attributes"]
        return {
            **self.bound_values(found),
            "name": found["TargetGroupName"],
            "healthCheck": {key: found[api] for key, api in self.health.items() if api in found},
            **attribute_values(self.attributes, listed),
            "tags": tags_of(aws, resource_id),
            "arn": resource_id,
            "arnSuffix": resource_id.rpartition(":")[2],
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
        with self.existing():
            if "healthCheck" in changed:
                aws.client("elbv2").modify_target_group(
                    TargetGroupArn=resource_id, **self._health(inputs)
                )
            update_tags(aws, resource_id, state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elbv2").delete_target_group(TargetGroupArn=resource_id)

    def _health(self, inputs: Properties) -> dict[str, Any]:
        stated = inputs.get("healthCheck") or {}
        return {self.health[key]: value for key, value in stated.items()}


class Listener(AwsResourceType):
    token = "aws:lb/listener:Listener"
    cfn = "AWS::ElasticLoadBalancingV2::Listener"
    service = "elbv2"
    absent = frozenset({"ListenerNotFound", "LoadBalancerNotFound"})
    properties = {
        "loadBalancerArn": Property(
            "LoadBalancerArn", required=True, bound=True, replaces=REGISTRY
        ),
        "port": Property("Port", required=True, bound=True),
        "protocol": Property("Protocol", required=True, bound=True),
        # its keys have capitals in the registry and the API
        "defaultActions": Property(required=True, bound=True),
        "tcpIdleTimeoutSeconds": Property(default=350, bound=True),
        "tags": TAGS,
        "arn": Property(output=True),
        "configuredPort": Property(output=True),
    }
    attributes: Attributes = {"tcpIdleTimeoutSeconds": ("tcp.idle_timeout.seconds", int)}

    def actual(self, name: str, state: Properties) -> Any:
        """On one machine every server needs a port of its own: `port` tells clients that one, and
        `configuredPort`, which the real provider has not, the one that was asked for."""
        return super().actual("configuredPort" if name == "port" else name, state)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("elbv2").create_listener(
            **self.arguments(inputs),
            DefaultActions=_sent_actions(inputs["defaultActions"]),
            Tags=tag_list(inputs["tags"]),
        )
        return Created(answer["Listeners"][0]["ListenerArn"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        aws.client("elbv2").modify_listener_attributes(
            ListenerArn=resource_id, Attributes=attribute_list(self.attributes, inputs)
        )

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        elb = aws.client("elbv2")
        (found,) = elb.describe_listeners(ListenerArns=[resource_id])["Listeners"]
        listed = elb.describe_listener_attributes(ListenerArn=resource_id)["Attributes"]
        here = {each["Key"]: each["Value"] for each in listed}.get(SANDBOX_PORT, found["Port"])
        return {
            **self.bound_values(found),
            "port": int(here),
            "configuredPort": found["Port"],
            "defaultActions": [_read_action(each) for each in found["DefaultActions"]],
            **attribute_values(self.attributes, listed),
            "tags": tags_of(aws, resource_id),
            "arn": resource_id,
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
        with self.existing():
            if changed & {"port", "protocol", "defaultActions"}:
                aws.client("elbv2").modify_listener(
                    ListenerArn=resource_id,
                    Port=inputs["port"],
                    Protocol=inputs["protocol"],
                    DefaultActions=_sent_actions(inputs["defaultActions"]),
                )
            update_tags(aws, resource_id, state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("elbv2").delete_listener(ListenerArn=resource_id)


def _sent_actions(actions: list[Properties]) -> list[dict[str, Any]]:
    return [
        {key[0].upper() + key[1:]: value for key, value in action.items()} for action in actions
    ]


def _read_action(action: Mapping[str, Any]) -> Properties:
    return {"type": action["Type"], "targetGroupArn": action.get("TargetGroupArn")}


RESOURCE_TYPES = (TargetGroup(), Listener())
