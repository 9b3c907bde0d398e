"""Who may reach Redis: one security group whose rules are all listed here and no others."""

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
    """`security_group_id` is the group that all nodes belong to."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: RedisSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:redis:RedisSecurityGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        physical = f"{args.prefix}-redis"
        group = security_group(name, physical, "Connections to Redis", args.vpc_id, child)
        # Nodes call nobody: answers need no rule, and replication among them is ElastiCache's own.
        exclusive_rules(
            name, group.id, child, ingress=args.ingress_sources.rules(name, PORT, "Redis")
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
