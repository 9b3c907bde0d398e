"""Who may reach PostgreSQL: one security group whose rules are all listed here and no others."""

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
    """`security_group_id` is the group that every server belongs to."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PostgresSecurityGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresSecurityGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        physical = f"{args.prefix}-postgres"
        group = security_group(name, physical, "Connections to PostgreSQL", args.vpc_id, child)
        # Answers need no rule; a server only ever calls other PostgreSQL servers of its group.
        each_other = from_security_group(group.id)
        exclusive_rules(
            name,
            group.id,
            child,
            ingress=[
                *args.ingress_sources.rules(name, PORT, "PostgreSQL"),
                SecurityGroupRule(
                    f"{name}-from-servers", PORT, "PostgreSQL from its servers", each_other
                ),
            ],
            egress=[
                SecurityGroupRule(
                    f"{name}-to-servers", PORT, "PostgreSQL to its servers", each_other
                )
            ],
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
