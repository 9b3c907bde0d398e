"""Private names of the stores: what clients are configured with, whatever instance is behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import route53

TTL_S = 30
"""How long a client may follow a name to an instance that is no longer behind it."""


@dataclass(frozen=True, kw_only=True)
class PrivateDnsArgs:
    zone: str
    vpc_id: pulumi.Input[str]
    dns_records: Mapping[str, pulumi.Input[str]]
    """Each leads to one address."""
    weighted_records: Mapping[str, Mapping[str, pulumi.Input[str]]]
    """Each leads to several addresses alike, by what stands behind them."""


class PrivateDns(pulumi.ComponentResource):
    """`zone_id` is the zone's."""

    zone_id: pulumi.Output[str]

    def __init__(
        self, name: str, args: PrivateDnsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:PrivateDns", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        zone = route53.Zone(
            name,
            name=args.zone,
            comment="Private names of the stores",
            vpcs=[route53.ZoneVpcArgs(vpc_id=args.vpc_id)],
            opts=child,
        )
        for label, address in args.dns_records.items():
            route53.Record(
                f"{name}-{label}",
                zone_id=zone.zone_id,
                name=f"{label}.{args.zone}",
                type="CNAME",
                ttl=TTL_S,
                records=[address],
                opts=child,
            )
        # Weighted even when there is one address: a simple record would have to go before the first
        # weighted one of that name can come, and the name would be gone in between.
        for label, addresses in args.weighted_records.items():
            for suppressed_by, address in addresses.items():
                route53.Record(
                    f"{name}-{label}-{suppressed_by}",
                    zone_id=zone.zone_id,
                    name=f"{label}.{args.zone}",
                    type="CNAME",
                    ttl=TTL_S,
                    records=[address],
                    set_identifier=suppressed_by,
                    weighted_routing_policies=[route53.RecordWeightedRoutingPolicyArgs(weight=1)],
                    opts=child,
                )
        self.zone_id = zone.zone_id
        self.register_outputs({"zone_id": self.zone_id})
