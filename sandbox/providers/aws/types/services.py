"""The ECS service: tasks that are kept running, and rolled when their definition changes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws import wait
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import NotFound, sorted_set
from sandbox.providers.wire import Properties

_NOT_UPDATED = {
    *("name", "cluster", "launchType", "schedulingStrategy", "waitForSteadyState"),
}
_OF_DEPLOYMENT = {
    *("deploymentMaximumPercent", "deploymentMinimumHealthyPercent", "deploymentCircuitBreaker"),
}
_NO_BREAKER = {"enable": False, "rollback": False}


class Service(AwsResourceType):
    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "networkConfiguration":
            return bool(_network(actual) == _network(desired))
        return super().same(name, actual, desired)

    def creation(self, scope: Scope, call: Operation) -> dict[str, Any]:
        return {**super().creation(scope, call), **_nested(scope.values, set(self.inputs))}

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        """Waits for the rollout: boto3's waiter does not end when the circuit breaker gave up."""
        if inputs.get("waitForSteadyState"):
            wait.until(lambda: self._is_steady(aws, resource_id, inputs), "the service not steady")

    def _is_steady(self, aws: Aws, resource_id: str, inputs: Properties) -> bool:
        service = self.item(aws, resource_id, inputs)
        if service is None:
            raise NotFound(resource_id)
        rollout = service["deployments"][0]
        if rollout["rolloutState"] == "FAILED":
            raise RuntimeError(f"the deployment failed: {rollout['rolloutStateReason']}")
        return bool(rollout["rolloutState"] == "COMPLETED")

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        deployment = item.get("deploymentConfiguration") or {}
        network = (item.get("networkConfiguration") or {}).get("awsvpcConfiguration")
        breaker = deployment.get("deploymentCircuitBreaker") or _NO_BREAKER
        return {
            **super().describe(aws, resource_id, item, state),
            "networkConfiguration": _network(network) if network else None,
            "loadBalancers": item.get("loadBalancers") or [],
            "deploymentMaximumPercent": deployment.get("maximumPercent", 200),
            "deploymentMinimumHealthyPercent": deployment.get("minimumHealthyPercent", 100),
            # one that is off is none
            "deploymentCircuitBreaker": (
                {key: breaker[key] for key in _NO_BREAKER} if breaker["enable"] else None
            ),
            "propagateTags": item.get("propagateTags") or "NONE",
        }

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        names = changed - _NOT_UPDATED
        nested = _nested(scope.values, set(names))
        if names:
            service = {"cluster": scope.values["cluster"], "service": scope.values["id"]}
            scope.run(Operation("update_service"), names, **service, **nested)


def _nested(inputs: Properties, names: set[str]) -> dict[str, Any]:
    """The arguments that are more than the property of their name."""
    arguments: dict[str, Any] = {}
    if "networkConfiguration" in names and inputs.get("networkConfiguration"):
        network = _network(inputs["networkConfiguration"])
        public = "ENABLED" if network["assignPublicIp"] else "DISABLED"
        arguments["networkConfiguration"] = {
            "awsvpcConfiguration": {**network, "assignPublicIp": public}
        }
    if names & _OF_DEPLOYMENT:
        # ECS takes the three together
        arguments["deploymentConfiguration"] = {
            "maximumPercent": inputs["deploymentMaximumPercent"],
            "minimumHealthyPercent": inputs["deploymentMinimumHealthyPercent"],
            "deploymentCircuitBreaker": inputs.get("deploymentCircuitBreaker") or _NO_BREAKER,
        }
    return arguments


def _network(value: Any) -> Any:
    """A network configuration, of the provider's or of ECS's, in one order."""
    if not isinstance(value, Mapping):
        return value
    lists = {key: sorted_set(value.get(key) or []) for key in ("subnets", "securityGroups")}
    return {**lists, "assignPublicIp": value.get("assignPublicIp") in (True, "ENABLED")}
