"""The rules of security groups, and who owns a group's list of rules."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import empty
from sandbox.providers.wire import Properties


class Rule(AwsResourceType):
    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """EC2 modifies a rule's source, but not into one of the other kind."""
        if name in self.row.exactly_one:
            return empty(state.get(name)) or empty(inputs.get(name))
        return super().forces(name, state, inputs)

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        for port in ("fromPort", "toPort"):
            if live.get(port) == -1 and port not in state:  # of a rule for all ports
                del live[port]
        return live


class RulesExclusive(AwsResourceType):
    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        live = self.read(aws, resource_id, {}) or {}
        for name in ("ingressRuleIds", "egressRuleIds"):
            missing = sorted(set(inputs[name]) - set(live.get(name, ())))
            if missing:
                raise ValueError(f"{name}: no such rule in {resource_id}: {', '.join(missing)}")
        super().wait_until_ready(aws, resource_id, inputs)
