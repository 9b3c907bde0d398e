"""The security group of the Redis nodes and all of its rules."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.network.ingress import IngressSources
from components.network.security_group import exclusive_rules, security_group

PORT = 6379


@dataclass(frozen=True, kw_only=True)
class RedisSecurityGroupArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    ingress_sources: IngressSources


class RedisSecurityGroup(pulumi.ComponentResource):
    """The group that every node belongs to. It accepts connections from the ingress sources."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: RedisSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:redis:RedisSecurityGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = security_group(
            name, f"{args.prefix}-redis", "Connections to Redis", args.vpc_id, child
        )
        # No egress rule: nodes open no connections but for replication, which ElastiCache runs
        # outside the security group.
        exclusive_rules(
            name, group.id, child, ingress=args.ingress_sources.rules(name, PORT, "Redis")
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
