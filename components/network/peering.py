"""Peerings: other VPCs whose clients reach this one, and the routes back to them."""

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
    """By logical key: the tables that get a route to every peer."""


class VpcPeerings(pulumi.ComponentResource):
    """`ids` holds the connection's id by the peer's name, for the other side to accept."""

    ids: Mapping[str, pulumi.Output[str]]

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
        here = (args.scope.account_id, args.scope.region)
        # Whoever owns both sides accepts at once; elsewhere the other side has to.
        both_ours = (peer.account_id, peer.region) == here
        connection = ec2.VpcPeeringConnection(
            f"{self._name}-{peer.name}",
            vpc_id=args.vpc_id,
            peer_vpc_id=peer.vpc_id,
            peer_owner_id=peer.account_id,
            peer_region=None if peer.region == args.scope.region else peer.region,
            auto_accept=True if both_ours else None,
            tags={"Name": f"{args.scope.prefix}-{peer.name}"},
            opts=child,
        )
        for key, table in args.route_table_ids.items():
            ec2.Route(
                f"{self._name}-{peer.name}-{key}",
                route_table_id=table,
                destination_cidr_block=peer.cidr,
                vpc_peering_connection_id=connection.id,
                opts=child,
            )
        return connection.id
