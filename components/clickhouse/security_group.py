"""Who may reach ClickHouse: clients its hosts, and the nodes each other; nobody anything else."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.clickhouse.config import HTTPS, INTERSERVER, KEEPER, NATIVE, RAFT
from components.network.ingress import Admitted
from components.network.security_group import (
    ANYWHERE,
    Rule,
    members,
    network,
    own_rules,
    security_group,
)

CLIENT_PORTS = {"https": HTTPS, "native": NATIVE}
NODE_PORTS = {"native": NATIVE, "interserver": INTERSERVER, "keeper": KEEPER, "raft": RAFT}
TLS = 443


@dataclass(frozen=True)
class ClickhouseNetworkArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    admitted: Admitted


class ClickhouseNetwork(pulumi.ComponentResource):
    """`hosts_group_id` lets clients in, `nodes_group_id` the nodes to each other."""

    hosts_group_id: pulumi.Output[str]
    nodes_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ClickhouseNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:ClickhouseNetwork", name, None, opts)
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
        own_rules(
            f"{name}-hosts",
            hosts.id,
            child,
            ingress=[
                rule
                for port, number in CLIENT_PORTS.items()
                for rule in args.admitted.rules(f"{name}-{port}", number, f"ClickHouse {port}")
            ],
        )
        # S3 is reached at public addresses through the VPC's endpoint, everything else of AWS at
        # private ones: data subnets have no other way out.
        out = Rule(f"{name}-https-out", TLS, "HTTPS to AWS", network(ANYWHERE))
        from_nodes, to_nodes = (
            [
                Rule(f"{name}-{port}-{way}-nodes", number, f"ClickHouse {port}", members(nodes.id))
                for port, number in NODE_PORTS.items()
            ]
            for way in ("from", "to")
        )
        own_rules(f"{name}-nodes", nodes.id, child, ingress=from_nodes, egress=[*to_nodes, out])
        self.hosts_group_id, self.nodes_group_id = hosts.id, nodes.id
        self.register_outputs({"hosts_group_id": hosts.id, "nodes_group_id": nodes.id})
