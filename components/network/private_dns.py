"""The private DNS zone: stable names for the data stores, which survive the replacement of an
instance."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import route53

from config.settings.network import PrivateDnsZone

TTL_S = 30
"""How long, in seconds, a client may keep resolving a name to an instance that was replaced."""


@dataclass(frozen=True, kw_only=True)
class PrivateDnsArgs:
    zone: PrivateDnsZone
    vpc_id: pulumi.Input[str]
    dns_records: Mapping[str, pulumi.Input[str]]
    """The target of each CNAME record, by label within the zone."""
    weighted_records: Mapping[str, Mapping[str, pulumi.Input[str]]]
    """Records with several targets: server -> address, by label. All servers have equal weight."""


class PrivateDns(pulumi.ComponentResource):
    """A private hosted zone with the records of the data stores."""

    zone_id: pulumi.Output[str]
    record_names: dict[str, pulumi.Output[str]]
    """Fully qualified names by label."""

    def __init__(
        self, name: str, args: PrivateDnsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:PrivateDns", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        zone = route53.Zone(
            name,
            name=args.zone.name,
            comment="Private names of the stores",
            vpcs=[route53.ZoneVpcArgs(vpc_id=args.vpc_id)],
            opts=child,
        )
        self.record_names = {}
        for label, address in args.dns_records.items():
            self.record_names[label] = route53.Record(
                f"{name}-{label}",
                zone_id=zone.zone_id,
                name=args.zone.fqdn(label),
                type="CNAME",
                ttl=TTL_S,
                records=[address],
                opts=child,
            ).name
        # Weighted even with one server: Route 53 refuses a weighted record beside a simple one of
        # the same name, so the name would not resolve while the simple one is being replaced.
        for label, addresses in args.weighted_records.items():
            for server, address in addresses.items():
                self.record_names[label] = route53.Record(
                    f"{name}-{label}-{server}",
                    zone_id=zone.zone_id,
                    name=args.zone.fqdn(label),
                    type="CNAME",
                    ttl=TTL_S,
                    records=[address],
                    set_identifier=server,
                    weighted_routing_policies=[route53.RecordWeightedRoutingPolicyArgs(weight=1)],
                    opts=child,
                ).name
        self.zone_id = zone.zone_id
        self.register_outputs({"zone_id": self.zone_id})
