"""The two security groups of ClickHouse and all of their rules: one for connections of clients, one
for connections between nodes."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.clickhouse.config import HTTPS, INTERSERVER, KEEPER, NATIVE, RAFT
from components.network.ingress import IngressSources
from components.network.security_group import (
    ANYWHERE,
    SecurityGroupRule,
    exclusive_rules,
    from_cidr,
    from_security_group,
    security_group,
)

CLIENT_PORTS = {"https": HTTPS, "native": NATIVE}
NODE_PORTS = {"native": NATIVE, "interserver": INTERSERVER, "keeper": KEEPER, "raft": RAFT}
TLS = 443


@dataclass(frozen=True, kw_only=True)
class ClickhouseSecurityGroupArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    ingress_sources: IngressSources


class ClickhouseSecurityGroup(pulumi.ComponentResource):
    """Nodes that hold data belong to both groups, nodes that run Keeper only to the second."""

    hosts_group_id: pulumi.Output[str]
    """Accepts connections of the ingress sources."""
    nodes_group_id: pulumi.Output[str]
    """Allows connections between nodes, and to AWS."""

    def __init__(
        self,
        name: str,
        args: ClickhouseSecurityGroupArgs,
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseSecurityGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        hosts, nodes = (
            security_group(
                f"{name}-{key}", f"{args.prefix}-{physical_name}", description, args.vpc_id, child
            )
            for key, physical_name, description in (
                ("hosts", "clickhouse", "Connections to ClickHouse"),
                ("nodes", "clickhouse-nodes", "ClickHouse nodes among themselves"),
            )
        )
        exclusive_rules(
            f"{name}-hosts",
            hosts.id,
            child,
            ingress=[
                rule
                for protocol, port in CLIENT_PORTS.items()
                for rule in args.ingress_sources.rules(
                    f"{name}-{protocol}", port, f"ClickHouse {protocol}"
                )
            ],
        )
        # ANYWHERE: S3 has public addresses even through a gateway endpoint. Data subnets have no
        # route to any other address outside the VPC.
        to_aws = SecurityGroupRule(f"{name}-https-out", TLS, "HTTPS to AWS", from_cidr(ANYWHERE))
        from_nodes, to_nodes = (
            [
                SecurityGroupRule(
                    f"{name}-{protocol}-{direction}-nodes",
                    port,
                    f"ClickHouse {protocol}",
                    from_security_group(nodes.id),
                )
                for protocol, port in NODE_PORTS.items()
            ]
            for direction in ("from", "to")
        )
        exclusive_rules(
            f"{name}-nodes", nodes.id, child, ingress=from_nodes, egress=[*to_nodes, to_aws]
        )
        self.hosts_group_id, self.nodes_group_id = hosts.id, nodes.id
        self.register_outputs({"hosts_group_id": hosts.id, "nodes_group_id": nodes.id})
