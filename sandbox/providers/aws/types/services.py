"""ECS services."""

from __future__ import annotations

from sandbox.providers.aws import wait
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import NotFound
from sandbox.providers.wire import Properties


class Service(AwsResourceType):
    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        """Waits for the rollout; boto3's waiter would not notice a failed deployment."""
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
