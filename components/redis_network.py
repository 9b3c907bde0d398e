"""Who may reach Redis: one security group whose rules are all listed here and no others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

from config.settings import Clients

PORT = 6379


@dataclass(frozen=True)
class RedisNetworkArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    clients: Clients
    """Who may connect besides the VPC."""


class RedisNetwork(pulumi.ComponentResource):
    """`security_group_id` is the group that all nodes belong to."""

    security_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: RedisNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:RedisNetwork", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        group = ec2.SecurityGroup(
            name,
            name=f"{args.prefix}-redis",
            description="Connections to Redis",
            vpc_id=args.vpc_id,
            tags={"Name": f"{args.prefix}-redis"},
            opts=child,
        )
        sources: dict[str, tuple[str, dict[str, pulumi.Input[str]]]] = {
            "vpc": ("from inside the VPC", {"cidr_ipv4": args.vpc_cidr})
        }
        for cidr in args.clients.cidrs:
            sources[cidr.replace("/", "-")] = (f"from {cidr}", {"cidr_ipv4": cidr})
        for client in args.clients.security_groups:
            sources[client] = (
                f"from members of {client}",
                {"referenced_security_group_id": client},
            )
        ingress = [
            vpc.SecurityGroupIngressRule(
                f"{name}-from-{key}",
                security_group_id=group.id,
                description=f"Redis {text}",
                ip_protocol="tcp",
                from_port=PORT,
                to_port=PORT,
                **source,
                opts=child,
            )
            for key, (text, source) in sources.items()
        ]
        # Rules that somebody adds by hand are drift. Nodes call nobody: answers need no rule, and
        # replication between them is ElastiCache's own.
        ec2.VpcSecurityGroupRulesExclusive(
            name,
            security_group_id=group.id,
            ingress_rule_ids=[rule.security_group_rule_id for rule in ingress],
            egress_rule_ids=[],
            opts=child,
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
