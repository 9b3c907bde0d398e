"""The network of an environment: a new VPC with its endpoints, flow logs and peering connections,
or the ids of a VPC that was created outside the code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi

from components.network.flow_logs import FlowLogs, FlowLogsArgs
from components.network.peering import VpcPeerings, VpcPeeringsArgs
from components.network.vpc import Vpc, VpcArgs
from components.network.vpc_endpoints import VpcEndpoints, VpcEndpointsArgs
from components.scope import StackScope
from config.settings.network import NetworkSettings
from config.sizing.subnets import Tier


@dataclass(frozen=True, kw_only=True)
class NetworkArgs:
    scope: StackScope
    settings: NetworkSettings


class Network(pulumi.ComponentResource):
    """A VPC and its ids. An existing VPC gets no resources: its owner manages endpoints, flow logs
    and peering connections."""

    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    subnet_ids: Mapping[Tier, Sequence[pulumi.Input[str]]]
    """By tier, in the order of the availability zones."""
    peering_ids: Mapping[str, pulumi.Input[str]]
    """Ids of peering connections by the peer's name."""

    def __init__(
        self, name: str, args: NetworkArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:Network", name, None, opts)
        if args.settings.existing is not None:
            self.vpc_id = args.settings.existing.vpc_id
            self.vpc_cidr = args.settings.existing.vpc_cidr
            self.subnet_ids = args.settings.existing.subnet_ids.by_tier
            self.peering_ids = {}
        else:
            self._build(name, args)
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})

    def _build(self, name: str, args: NetworkArgs) -> None:
        scope, settings, child = args.scope, args.settings, pulumi.ResourceOptions(parent=self)
        vpc = Vpc(name, VpcArgs(prefix=scope.prefix, settings=settings), child)
        VpcEndpoints(
            f"{name}-vpc-endpoints",
            VpcEndpointsArgs(
                scope=scope,
                settings=settings.endpoints,
                vpc_id=vpc.vpc_id,
                vpc_cidr=vpc.vpc_cidr,
                subnet_ids=vpc.subnet_ids["private"],
                route_table_ids=list(vpc.route_table_ids.values()),
                protected=settings.deletion_protection.enabled,
            ),
            child,
        )
        FlowLogs(
            f"{name}-flow-logs",
            FlowLogsArgs(
                scope=scope, vpc_id=vpc.vpc_id, retention_days=settings.flow_logs.retention_days
            ),
            child,
        )
        peerings = VpcPeerings(
            f"{name}-peering",
            VpcPeeringsArgs(
                scope=scope,
                peers=settings.peering,
                vpc_id=vpc.vpc_id,
                route_table_ids=vpc.route_table_ids,
            ),
            child,
        )
        self.vpc_id, self.vpc_cidr = vpc.vpc_id, vpc.vpc_cidr
        self.subnet_ids, self.peering_ids = vpc.subnet_ids, peerings.ids
