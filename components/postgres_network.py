"""Who may reach PostgreSQL: one security group whose rules are all listed here and no others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

from components.postgres_server import PORT
from config.settings import Clients


@dataclass(frozen=True)
class PostgresNetworkArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    clients: Clients
    """Who may connect besides the VPC."""


class PostgresNetwork(pulumi.ComponentResource):
    """`security_group_id` is the group that the instance belongs to."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PostgresNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:PostgresNetwork", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = ec2.SecurityGroup(
            name,
            name=f"{args.prefix}-postgres",
            description="Connections to PostgreSQL",
            vpc_id=args.vpc_id,
            tags={"Name": f"{args.prefix}-postgres"},
            opts=child,
        )
        sources: dict[str, tuple[str, dict[str, pulumi.Input[str]]]] = {
            "vpc": ("from inside the VPC", {"cidr_ipv4": args.vpc_cidr})
        }
        for cidr in args.clients.cidrs:
            key = cidr.replace("/", "-")
            sources[key] = (f"from {cidr}", {"cidr_ipv4": cidr})
        for client in args.clients.security_groups:
            sources[client] = (
                f"from members of {client}",
                {"referenced_security_group_id": client},
            )
        ingress = [
            vpc.SecurityGroupIngressRule(
                f"{name}-from-{key}",
                security_group_id=group.id,
                description=f"PostgreSQL {text}",
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
                **source,
                opts=child,
            )
            for key, (text, source) in sources.items()
        ]
        # Answers need no rule; a server only ever calls other PostgreSQL servers of its VPC.
        to_vpc = vpc.SecurityGroupEgressRule(
            f"{name}-to-vpc",
            security_group_id=group.id,
            description="PostgreSQL to servers inside the VPC",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            cidr_ipv4=args.vpc_cidr,
            opts=child,
        )
        # Rules that somebody adds by hand are drift: this resource owns the two lists.
        ec2.VpcSecurityGroupRulesExclusive(
            name,
            security_group_id=group.id,
            ingress_rule_ids=[rule.security_group_rule_id for rule in ingress],
            egress_rule_ids=[to_vpc.security_group_rule_id],
            opts=child,
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
