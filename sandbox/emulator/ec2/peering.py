"""Corrects moto's peering with VPCs of other accounts (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from moto.core.responses import ActionResult
from moto.ec2.models import ec2_backends
from moto.ec2.responses import EC2Response

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane


def patch(_plane: DataPlane) -> None:
    # moto looks up the peer VPC and refuses an unknown one; AWS lets its owner accept or reject.
    @wrap_method(EC2Response, "create_vpc_peering_connection")
    def create(original: Method, response: Any) -> Any:
        account = response._get_param("PeerOwnerId") or response.current_account
        region = response._get_param("PeerRegion") or response.region
        vpc, theirs = response._get_param("PeerVpcId"), ec2_backends[account][region]
        if account == response.current_account or vpc in theirs.vpcs:
            return original(response)
        # its CIDR block is unknown until its owner accepts
        peer = SimpleNamespace(
            id=vpc, owner_id=account, region=region, cidr_block="", ec2_backend=theirs
        )
        connection = response.ec2_backend.create_vpc_peering_connection(
            response.ec2_backend.get_vpc(response._get_param("VpcId")),
            peer,
            response._parse_tag_specification().get("vpc-peering-connection", {}),
        )
        return ActionResult({"VpcPeeringConnection": connection})
