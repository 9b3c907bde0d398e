"""VPC peering connections to other VPCs, and the routes to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2

from components.scope import StackScope
from config.settings.network import PeeringSettings


@dataclass(frozen=True, kw_only=True)
class VpcPeeringsArgs:
    scope: StackScope
    peers: Sequence[PeeringSettings]
    vpc_id: pulumi.Input[str]
    route_table_ids: Mapping[str, pulumi.Input[str]]
    """Route tables that get a route to every peer, by logical key."""


class VpcPeerings(pulumi.ComponentResource):
    """One peering connection per peer, with a route in each route table."""

    ids: Mapping[str, pulumi.Output[str]]
    """Ids of the connections by the peer's name. The owner of a VPC in another account or region
    must accept the connection."""

    def __init__(
        self, name: str, args: VpcPeeringsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:VpcPeerings", name, None, opts)
        self._name = name
        self._args = args
        self.ids = {peer.name: self._peer(peer) for peer in args.peers}
        self.register_outputs({"ids": self.ids})

    def _peer(self, peer: PeeringSettings) -> pulumi.Output[str]:
        args, child = self._args, pulumi.ResourceOptions(parent=self)
        own_account_and_region = (args.scope.account_id, args.scope.region)
        # AWS accepts automatically only within one account and region.
        auto_accept = (peer.account_id, peer.region) == own_account_and_region
        connection = ec2.VpcPeeringConnection(
            f"{self._name}-{peer.name}",
            vpc_id=args.vpc_id,
            peer_vpc_id=peer.vpc_id,
            peer_owner_id=peer.account_id,
            peer_region=None if peer.region == args.scope.region else peer.region,
            auto_accept=True if auto_accept else None,
            tags={"Name": f"{args.scope.prefix}-{peer.name}"},
            opts=child,
        )
        for key, route_table_id in args.route_table_ids.items():
            ec2.Route(
                f"{self._name}-{peer.name}-{key}",
                route_table_id=route_table_id,
                destination_cidr_block=peer.cidr,
                vpc_peering_connection_id=connection.id,
                opts=child,
            )
        return connection.id
