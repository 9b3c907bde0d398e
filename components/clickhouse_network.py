"""Who may reach ClickHouse: clients its hosts, and the nodes each other; nobody anything else."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2, vpc

from components.clickhouse_config import HTTPS, INTERSERVER, KEEPER, NATIVE, RAFT
from config.settings import Clients

CLIENT_PORTS = {"https": HTTPS, "native": NATIVE}
NODE_PORTS = {"native": NATIVE, "interserver": INTERSERVER, "keeper": KEEPER, "raft": RAFT}
TLS = 443
ANYWHERE = "0.0.0.0/0"

Source = dict[str, pulumi.Input[str]]


@dataclass(frozen=True)
class ClickhouseNetworkArgs:
    prefix: str
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    clients: Clients
    """Who may connect besides the VPC."""


class ClickhouseNetwork(pulumi.ComponentResource):
    """`hosts_group_id` lets clients in, `nodes_group_id` the nodes to each other."""

    hosts_group_id: pulumi.Output[str]
    nodes_group_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: ClickhouseNetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:ClickhouseNetwork", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        hosts = self._group("hosts", "clickhouse", "Connections to ClickHouse")
        nodes = self._group("nodes", "clickhouse-nodes", "ClickHouse nodes among themselves")
        sources: dict[str, tuple[str, Source]] = {
            "vpc": ("from inside the VPC", {"cidr_ipv4": args.vpc_cidr})
        }
        for cidr in args.clients.cidrs:
            sources[cidr.replace("/", "-")] = (f"from {cidr}", {"cidr_ipv4": cidr})
        for client in args.clients.security_groups:
            sources[client] = (
                f"from members of {client}",
                {"referenced_security_group_id": client},
            )
        from_clients = [
            self._ingress(f"{port}-from-{key}", hosts, number, f"ClickHouse {port} {text}", source)
            for key, (text, source) in sources.items()
            for port, number in CLIENT_PORTS.items()
        ]
        each_other: Source = {"referenced_security_group_id": nodes.id}
        among = [
            self._ingress(f"{port}-from-nodes", nodes, number, f"ClickHouse {port}", each_other)
            for port, number in NODE_PORTS.items()
        ]
        to_nodes = [
            self._egress(f"{port}-to-nodes", nodes, number, f"ClickHouse {port}", each_other)
            for port, number in NODE_PORTS.items()
        ]
        # S3 is reached at public addresses through the VPC's endpoint, everything else of AWS at
        # private ones: data subnets have no other way out.
        to_nodes.append(
            self._egress("https-out", nodes, TLS, "HTTPS to AWS", {"cidr_ipv4": ANYWHERE})
        )
        self._own("hosts", hosts, from_clients, [])
        self._own("nodes", nodes, among, to_nodes)
        self.hosts_group_id, self.nodes_group_id = hosts.id, nodes.id
        self.register_outputs({"hosts_group_id": hosts.id, "nodes_group_id": nodes.id})

    def _group(self, key: str, physical: str, description: str) -> ec2.SecurityGroup:
        physical = f"{self._args.prefix}-{physical}"
        return ec2.SecurityGroup(
            f"{self._name}-{key}",
            name=physical,
            description=description,
            vpc_id=self._args.vpc_id,
            tags={"Name": physical},
            opts=self._child,
        )

    def _ingress(
        self, key: str, group: ec2.SecurityGroup, port: int, text: str, source: Source
    ) -> vpc.SecurityGroupIngressRule:
        return vpc.SecurityGroupIngressRule(
            f"{self._name}-{key}",
            security_group_id=group.id,
            description=text,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            **source,
            opts=self._child,
        )

    def _egress(
        self, key: str, group: ec2.SecurityGroup, port: int, text: str, target: Source
    ) -> vpc.SecurityGroupEgressRule:
        return vpc.SecurityGroupEgressRule(
            f"{self._name}-{key}",
            security_group_id=group.id,
            description=text,
            ip_protocol="tcp",
            from_port=port,
            to_port=port,
            **target,
            opts=self._child,
        )

    def _own(
        self,
        key: str,
        group: ec2.SecurityGroup,
        ingress: list[vpc.SecurityGroupIngressRule],
        egress: list[vpc.SecurityGroupEgressRule],
    ) -> None:
        """Rules that somebody adds by hand are drift: this resource owns the two lists."""
        ec2.VpcSecurityGroupRulesExclusive(
            f"{self._name}-{key}",
            security_group_id=group.id,
            ingress_rule_ids=[rule.security_group_rule_id for rule in ingress],
            egress_rule_ids=[rule.security_group_rule_id for rule in egress],
            opts=self._child,
        )
