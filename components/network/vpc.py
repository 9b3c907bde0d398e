"""A VPC with three tiers of subnets, their route tables, an internet gateway and NAT gateways."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import ec2

from components.network.security_group import ANYWHERE
from config.settings.network import NetworkSettings
from config.sizing import subnets as subnet_plan
from config.sizing.subnets import Tier


@dataclass(frozen=True, kw_only=True)
class VpcArgs:
    prefix: str
    settings: NetworkSettings


class Vpc(pulumi.ComponentResource):
    """A VPC with public, private and data subnets in each availability zone.

    Public subnets hold the NAT gateways. Private subnets hold tasks, which reach the internet
    through NAT if the settings have it. Data subnets hold the stores and have no route out of the
    VPC.
    """

    vpc_id: pulumi.Output[str]
    vpc_cidr: pulumi.Output[str]
    subnet_ids: dict[Tier, list[pulumi.Output[str]]]
    """By tier, in the order of the availability zones."""
    route_table_ids: dict[str, pulumi.Output[str]]
    """The route tables of the private and data subnets, by logical key."""

    def __init__(
        self, name: str, args: VpcArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:Vpc", name, None, opts)
        self._name = name
        self._prefix = args.prefix
        self._child = pulumi.ResourceOptions(parent=self)
        # Replacing one cuts off the stores, or gives traffic another public address.
        self._protected = pulumi.ResourceOptions(
            parent=self, protect=args.settings.deletion_protection.enabled
        )
        zones = args.settings.availability_zones

        self._vpc = ec2.Vpc(
            name,
            cidr_block=args.settings.cidr,
            enable_dns_support=True,
            enable_dns_hostnames=True,
            tags={"Name": args.prefix},
            opts=self._protected,
        )
        # AWS assigns the default security group to resources that name none, so it must allow no
        # traffic.
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
        route_tables = {"data": self._route_table("data", "data", subnets["data"])}
        nat_gateways = {
            zone: self._nat(zone, subnets["public"][zone], gateway)
            for zone in nat_zones(args.settings.nat, zones)
        }
        # One route table per private subnet even with a single NAT gateway, so that a change of
        # `nat` changes routes only and never replaces an association.
        for zone in zones:
            key = _subnet_key("private", zone)
            route_tables[key] = self._route_table(key, "private", {zone: subnets["private"][zone]})
            nat_gateway = nat_gateways.get(zone) or next(iter(nat_gateways.values()), None)
            if nat_gateway is not None:
                ec2.Route(
                    f"{name}-{key}",
                    route_table_id=route_tables[key].id,
                    destination_cidr_block=ANYWHERE,
                    nat_gateway_id=nat_gateway.id,
                    opts=self._child,
                )

        self.vpc_id = self._vpc.id
        self.vpc_cidr = self._vpc.cidr_block
        self.subnet_ids = {
            tier: [subnet.id for subnet in by_zone.values()] for tier, by_zone in subnets.items()
        }
        self.route_table_ids = {key: table.id for key, table in route_tables.items()}
        self.register_outputs({"vpc_id": self.vpc_id, "subnet_ids": self.subnet_ids})

    def _subnets(self, settings: NetworkSettings) -> dict[Tier, dict[str, ec2.Subnet]]:
        vpc_network = subnet_plan.network(settings.cidr)
        if vpc_network is None:
            raise ValueError(f"{settings.cidr} is not an IPv4 network")
        return {
            tier: {zone: self._subnet(tier, zone, str(cidr)) for zone, cidr in by_zone.items()}
            for tier, by_zone in subnet_plan.plan(
                vpc_network, settings.availability_zones, settings.subnets
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
            opts=self._protected,
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
        key = f"nat-{subnet_plan.zone_letter(zone)}"
        tags = {"Name": f"{self._prefix}-{key}"}
        # Neither an Elastic IP nor a NAT gateway works before the internet gateway is attached.
        after_gateway = pulumi.ResourceOptions.merge(
            self._protected, pulumi.ResourceOptions(depends_on=[gateway])
        )
        address = ec2.Eip(f"{self._name}-{key}", domain="vpc", tags=tags, opts=after_gateway)
        return ec2.NatGateway(
            f"{self._name}-{key}",
            allocation_id=address.id,
            subnet_id=subnet.id,
            tags=tags,
            opts=after_gateway,
        )


def _subnet_key(tier: Tier, zone: str) -> str:
    return f"{tier}-{subnet_plan.zone_letter(zone)}"


def nat_zones(nat: str, zones: tuple[str, ...]) -> tuple[str, ...]:
    """The zones that get a NAT gateway. `nat` is none, single (one gateway in the first zone, used
    by all zones) or per_az."""
    return {"none": (), "single": zones[:1], "per_az": zones}[nat]
