"""The security group of the PostgreSQL servers and all of its rules."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.network.ingress import IngressSources
from components.network.security_group import (
    SecurityGroupRule,
    exclusive_rules,
    from_security_group,
    security_group,
)
from components.postgres.instance import PORT


@dataclass(frozen=True, kw_only=True)
class PostgresSecurityGroupArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    ingress_sources: IngressSources


class PostgresSecurityGroup(pulumi.ComponentResource):
    """The group that every server belongs to. It accepts connections from the ingress sources and
    between the servers."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PostgresSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresSecurityGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = security_group(
            name, f"{args.prefix}-postgres", "Connections to PostgreSQL", args.vpc_id, child
        )
        # Security groups are stateful: responses need no rule. The only connections that servers
        # open are to other PostgreSQL servers of the group.
        own_group = from_security_group(group.id)
        exclusive_rules(
            name,
            group.id,
            child,
            ingress=[
                *args.ingress_sources.rules(name, PORT, "PostgreSQL"),
                SecurityGroupRule(
                    f"{name}-from-servers", PORT, "PostgreSQL from its servers", own_group
                ),
            ],
            egress=[
                SecurityGroupRule(
                    f"{name}-to-servers", PORT, "PostgreSQL to its servers", own_group
                )
            ],
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
