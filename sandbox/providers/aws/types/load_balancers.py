"""What the table can't say of network load balancers."""

from __future__ import annotations

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties, has_unknown


class LoadBalancer(AwsResourceType):
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
