"""Who may reach ClickHouse: clients its hosts, and the nodes each other; nobody anything else."""

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
    """`hosts_group_id` lets clients in, `nodes_group_id` the nodes to each other."""

    hosts_group_id: pulumi.Output[str]
    nodes_group_id: pulumi.Output[str]

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
                f"{name}-{key}", f"{args.prefix}-{physical}", description, args.vpc_id, child
            )
            for key, physical, description in (
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
                for port, number in CLIENT_PORTS.items()
                for rule in args.ingress_sources.rules(
                    f"{name}-{port}", number, f"ClickHouse {port}"
                )
            ],
        )
        # S3 is reached at public addresses through the VPC's endpoint, everything else of AWS at
        # private ones: data subnets have no other way out.
        out = SecurityGroupRule(f"{name}-https-out", TLS, "HTTPS to AWS", from_cidr(ANYWHERE))
        from_nodes, to_nodes = (
            [
                SecurityGroupRule(
                    f"{name}-{port}-{endpoint}-nodes",
                    number,
                    f"ClickHouse {port}",
                    from_security_group(nodes.id),
                )
                for port, number in NODE_PORTS.items()
            ]
            for endpoint in ("from", "to")
        )
        exclusive_rules(
            f"{name}-nodes", nodes.id, child, ingress=from_nodes, egress=[*to_nodes, out]
        )
        self.hosts_group_id, self.nodes_group_id = hosts.id, nodes.id
        self.register_outputs({"hosts_group_id": hosts.id, "nodes_group_id": nodes.id})
