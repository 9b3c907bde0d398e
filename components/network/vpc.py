"""A VPC: three tiers of subnets, their routes and gateways, and its default group closed."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2

from config.settings.network import NetworkSettings
from config.sizing import subnets as addresses
from config.sizing.subnets import Tier

ANYWHERE = "0.0.0.0/0"


@dataclass(frozen=True, kw_only=True)
class VpcArgs:
    prefix: str
    settings: NetworkSettings


class Vpc(pulumi.ComponentResource):
    """`subnet_ids` holds ids by tier, in the order of the zones.

    Public subnets hold gateways, private ones whatever calls out (through NAT where there is one),
    data subnets the stores: they have no route out of the VPC.
    """

    vpc_id: pulumi.Output[str]
    vpc_cidr: pulumi.Output[str]
    subnet_ids: dict[Tier, list[pulumi.Output[str]]]
    route_table_ids: dict[str, pulumi.Output[str]]
    """Of the tables of private and data subnets, by logical key."""

    def __init__(
        self, name: str, args: VpcArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:Vpc", name, None, opts)
        self._name = name
        self._prefix = args.prefix
        self._child = pulumi.ResourceOptions(parent=self)
        zones = args.settings.availability_zones

        self._vpc = ec2.Vpc(
            name,
            cidr_block=args.settings.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": args.prefix},
            opts=self._child,
        )
        # Whatever names no group of its own lands in this one: nothing gets in or out.
        ec2.DefaultSecurityGroup(
            name,
            vpc_id=self._vpc.id,
            ingress=[],
            egress=[],
            tags={"Name": f"{args.prefix}-default-closed"},
            opts=self._child,
        )
        subnets = self._subnets(args.settings)
        gateway = ec2.InternetGateway(
            name, vpc_id=self._vpc.id, tags={"Name": args.prefix}, opts=self._child
        )

        public = self._route_table("public", "public", subnets["public"])
        ec2.Route(
            f"{name}-public",
            route_table_id=public.id,
            destination_cidr_block=ANYWHERE,
            gateway_id=gateway.id,
            opts=self._child,
        )
        tables = {"data": self._route_table("data", "data", subnets["data"])}
        nats = {
            zone: self._nat(zone, subnets["public"][zone], gateway)
            for zone in nat_zones(args.settings.nat, zones)
        }
        # A table a zone whatever the NAT arrangement, so that changing it only changes routes.
        for zone in zones:
            key = _subnet_key("private", zone)
            tables[key] = self._route_table(key, "private", {zone: subnets["private"][zone]})
            nat = nats.get(zone) or next(iter(nats.values()), None)
            if nat is not None:
                ec2.Route(
                    f"{name}-{key}",
                    route_table_id=tables[key].id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=nat.id,
                    opts=self._child,
                )

        self.vpc_id = self._vpc.id
        self.vpc_cidr = self._vpc.cidr_block
        self.subnet_ids = {
            tier: [subnet.id for subnet in by_zone.values()] for tier, by_zone in subnets.items()
        }
        self.route_table_ids = {key: table.id for key, table in tables.items()}
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})

    def _subnets(self, settings: NetworkSettings) -> dict[Tier, dict[str, ec2.Subnet]]:
        vpc = addresses.network(settings.cidr)
        if vpc is None:
            raise ValueError(f"{settings.cidr} is not an IPv4 network")
        return {
            tier: {zone: self._subnet(tier, zone, str(cidr)) for zone, cidr in by_zone.items()}
            for tier, by_zone in addresses.plan(
                vpc, settings.availability_zones, settings.subnets
            ).items()
        }

    def _subnet(self, tier: Tier, zone: str, cidr: str) -> ec2.Subnet:
        key = _subnet_key(tier, zone)
        return ec2.Subnet(
            f"{self._name}-{key}",
            vpc_id=self._vpc.id,
            cidr_block=cidr,
            availability_zone=zone,
            map_public_ip_on_launch=False,
            tags={"Name": f"{self._prefix}-{key}", "Tier": tier},
            opts=self._child,
        )

    def _route_table(self, key: str, tier: Tier, subnets: dict[str, ec2.Subnet]) -> ec2.RouteTable:
        table = ec2.RouteTable(
            f"{self._name}-{key}",
            vpc_id=self._vpc.id,
            tags={"Name": f"{self._prefix}-{key}"},
            opts=self._child,
        )
        for zone, subnet in subnets.items():
            ec2.RouteTableAssociation(
                f"{self._name}-{_subnet_key(tier, zone)}",
                subnet_id=subnet.id,
                route_table_id=table.id,
                opts=self._child,
            )
        return table

    def _nat(self, zone: str, subnet: ec2.Subnet, gateway: ec2.InternetGateway) -> ec2.NatGateway:
        key = f"nat-{addresses.zone_letter(zone)}"
        tags = {"Name": f"{self._prefix}-{key}"}
        # AWS gives neither a way out before the VPC has its internet gateway.
        after_gateway = pulumi.ResourceOptions(parent=self, depends_on=[gateway])
        address = ec2.Eip(f"{self._name}-{key}", domain="vpc", tags=tags, opts=after_gateway)
        return ec2.NatGateway(
            f"{self._name}-{key}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=tags,
            opts=after_gateway,
        )


def _subnet_key(tier: Tier, zone: str) -> str:
    return f"{tier}-{addresses.zone_letter(zone)}"


def nat_zones(arrangement: str, zones: tuple[str, ...]) -> tuple[str, ...]:
    """The zones that get a NAT gateway; the others of a `single` arrangement share the first."""
    return {"none": (), "single": zones[:1], "per_az": zones}[arrangement]
