"""The ECS service: tasks that are kept running, and rolled when their definition changes."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.ecs import EcsResource, tag_list, tag_map, update_tags
from sandbox.providers.aws.resource import PROVIDER, REGISTRY, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property, sorted_set
from sandbox.providers.wire import Properties

_STEADY_SECONDS = 120
_POLL_SECONDS = 0.2


class Service(EcsResource):
    token = "aws:ecs/service:Service"
    cfn = "AWS::ECS::Service"
    absent = frozenset({"ServiceNotFoundException", "ClusterNotFoundException"})
    named_by, autonames = "name", True
    nested = frozenset({"networkConfiguration", "loadBalancers"})
    properties = {
        "name": Property("ServiceName", bound=True, replaces=REGISTRY),
        "cluster": Property("Cluster", required=True, bound=True, replaces=REGISTRY),
        "taskDefinition": Property("TaskDefinition", required=True, bound=True),
        "desiredCount": Property("DesiredCount", default=0, bound=True),
        # createOnly no more in the registry, ForceNew still in the provider
        "launchType": Property("LaunchType", computed=True, bound=True, replaces=PROVIDER),
        "schedulingStrategy": Property(
            "SchedulingStrategy", default="REPLICA", bound=True, replaces=REGISTRY
        ),
        "platformVersion": Property("PlatformVersion", computed=True, bound=True),
        "networkConfiguration": Property("NetworkConfiguration", bound=True),
        "loadBalancers": Property("LoadBalancers", bound=True, unordered=True),
        "deploymentMaximumPercent": Property(default=200, bound=True),
        "deploymentMinimumHealthyPercent": Property(default=100, bound=True),
        "deploymentCircuitBreaker": Property(bound=True),
        "healthCheckGracePeriodSeconds": Property("HealthCheckGracePeriodSeconds", bound=True),
        "enableExecuteCommand": Property("EnableExecuteCommand", default=False, bound=True),
        "enableEcsManagedTags": Property("EnableECSManagedTags", default=False, bound=True),
        "propagateTags": Property("PropagateTags", default="NONE", bound=True),
        "waitForSteadyState": Property(default=False),
        "tags": TAGS,
        "arn": Property(output=True),
    }

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "networkConfiguration":
            return _network(actual) == _network(desired)
        if name == "cluster":
            return str(actual).rpartition("/")[2] == str(desired).rpartition("/")[2]
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("ecs").create_service(
            **self._sent(inputs, frozenset(self.properties)), tags=tag_list(inputs["tags"])
        )
        return Created(answer["service"]["serviceArn"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        if not inputs.get("waitForSteadyState"):
            return
        deadline = time.monotonic() + _STEADY_SECONDS
        while True:
            service = self._described(aws, resource_id, inputs["cluster"])
            if service is None:
                raise NotFound(resource_id)
            rollout = service["deployments"][0]
            if rollout["rolloutState"] == "FAILED":
                raise RuntimeError(f"the deployment failed: {rollout['rolloutStateReason']}")
            if rollout["rolloutState"] == "COMPLETED":
                return
            if time.monotonic() > deadline:
                raise RuntimeError(f"the service is not steady after {_STEADY_SECONDS} s")
            time.sleep(_POLL_SECONDS)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = self._described(aws, resource_id, state.get("cluster") or _cluster_of(resource_id))
        if found is None:
            return None
        described = {key[0].upper() + key[1:]: value for key, value in found.items()}
        deployment = found.get("deploymentConfiguration") or {}
        network = (found.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        live = {
            **self.bound_values(described),
            "name": found["serviceName"],
            "cluster": found["clusterArn"],
            "networkConfiguration": _read_network(network) if network else None,
            "loadBalancers": found.get("loadBalancers") or [],
            "deploymentMaximumPercent": deployment.get("maximumPercent", 200),
            "deploymentMinimumHealthyPercent": deployment.get("minimumHealthyPercent", 100),
            "deploymentCircuitBreaker": _breaker(deployment.get("deploymentCircuitBreaker")),
            "enableExecuteCommand": found.get("enableExecuteCommand", False),
            "enableEcsManagedTags": found.get("enableECSManagedTags", False),
            "propagateTags": found.get("propagateTags") or "NONE",
            "tags": tag_map(found.get("tags")),
            "arn": found["serviceArn"],
        }
        for name in ("cluster", "networkConfiguration"):
            if state.get(name) and live[name] and self.same(name, live[name], state[name]):
                live[name] = state[name]
        return live

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            arguments = self._sent(inputs, changed - _NOT_UPDATED)
            if arguments:
                aws.client("ecs").update_service(
                    cluster=inputs["cluster"], service=resource_id, **arguments
                )
            update_tags(aws, resource_id, state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """ECS deletes no service that is asked to run anything."""
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        ecs, where = aws.client("ecs"), {"cluster": state["cluster"], "service": resource_id}
        with self.existing():
            ecs.update_service(**where, desiredCount=0)
            ecs.delete_service(**where)

    def _sent(self, inputs: Properties, names: frozenset[str]) -> dict[str, Any]:
        arguments = self.arguments(inputs, names)
        if "networkConfiguration" in arguments:
            arguments["networkConfiguration"] = {
                "awsvpcConfiguration": _sent_network(inputs["networkConfiguration"])
            }
        if names & _OF_DEPLOYMENT:
            # ECS takes the three together
            breaker = inputs.get("deploymentCircuitBreaker")
            arguments["deploymentConfiguration"] = {
                "maximumPercent": inputs["deploymentMaximumPercent"],
                "minimumHealthyPercent": inputs["deploymentMinimumHealthyPercent"],
                "deploymentCircuitBreaker": breaker or _NO_BREAKER,
            }
        return arguments

    def _described(self, aws: Aws, resource_id: str, cluster: str) -> dict[str, Any] | None:
        try:
            with self.existing():
                answer = aws.client("ecs").describe_services(
                    cluster=cluster, services=[resource_id], include=["TAGS"]
                )
        except NotFound:
            return None
        alive = (each for each in answer["services"] if each["status"] != "INACTIVE")
        return next(alive, None)


_NOT_UPDATED = frozenset({"tags", "name", "cluster", "launchType", "schedulingStrategy"})
_OF_DEPLOYMENT = frozenset(
    {"deploymentMaximumPercent", "deploymentMinimumHealthyPercent", "deploymentCircuitBreaker"}
)
_NO_BREAKER = {"enable": False, "rollback": False}


def _cluster_of(arn: str) -> str:
    """arn:…:service/CLUSTER/SERVICE"""
    return arn.split("/")[-2]


def _breaker(found: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """A circuit breaker that is off is none."""
    return {key: found[key] for key in _NO_BREAKER} if found and found["enable"] else None


def _sent_network(stated: Properties) -> dict[str, Any]:
    public = "ENABLED" if stated.get("assignPublicIp") else "DISABLED"
    groups = stated.get("securityGroups") or []
    return {"subnets": stated["subnets"], "securityGroups": groups, "assignPublicIp": public}


def _read_network(found: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "subnets": sorted(found["subnets"]),
        "securityGroups": sorted(found.get("securityGroups") or []),
        "assignPublicIp": found.get("assignPublicIp") == "ENABLED",
    }


def _network(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    lists = {key: sorted_set(value.get(key) or []) for key in ("subnets", "securityGroups")}
    return {**lists, "assignPublicIp": bool(value.get("assignPublicIp"))}


RESOURCE_TYPES = (Service(),)
