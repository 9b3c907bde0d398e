"""Who may reach PostgreSQL: one security group whose rules are all listed here and no others."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

PORT = 5432


@dataclass(frozen=True)
class PostgresNetworkArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]


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
        from_vpc = vpc.SecurityGroupIngressRule(
            f"{name}-from-vpc",
            security_group_id=group.id,
            description="PostgreSQL from inside the VPC",
            ip_protocol="tcp",
            from_port=PORT,
            to_port=PORT,
            cidr_ipv4=args.vpc_cidr,
            opts=child,
        )
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
            ingress_rule_ids=[from_vpc.security_group_rule_id],
            egress_rule_ids=[to_vpc.security_group_rule_id],
            opts=child,
        )
        self.security_group_id = group.id
        self.register_outputs({"security_group_id": self.security_group_id})
