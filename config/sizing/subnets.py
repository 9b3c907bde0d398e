"""The address plan of a VPC: the CIDR block of each tier's subnet in each availability zone.

A tier is a quarter of the VPC, and a zone's letter selects one of eight slots in it. So adding or
reordering zones never moves a subnet.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from itertools import combinations
from typing import Literal

Tier = Literal["private", "data", "public"]
TIERS: tuple[Tier, ...] = ("private", "data", "public")  # the fourth quarter is unused

TIER_BITS = 2
ZONE_BITS = 3
LARGEST_VPC = 16
SMALLEST_VPC = 20
"""Prefix lengths. Subnets of a /20 have 123 addresses: enough for servers, tasks and endpoints."""

NEEDED: Mapping[Tier, int] = {"public": 8, "private": 32, "data": 16}
"""Addresses that a tier needs per zone: NAT gateways; tasks (plus one per interface endpoint);
servers, including those that replace others."""
KEPT_BY_AWS = 5
SMALLEST_SUBNET = 28
SHARED = IPv4Network("100.64.0.0/10")


def zone_letter(availability_zone: str) -> str:
    return availability_zone[-1]


def subnet_cidr(vpc: IPv4Network, tier: Tier, availability_zone: str) -> IPv4Network:
    slot = ord(zone_letter(availability_zone)) - ord("a")
    if not 0 <= slot < 2**ZONE_BITS:
        raise ValueError(f"{availability_zone}: the zone's letter must be one of a to h")
    index = TIERS.index(tier) * 2**ZONE_BITS + slot
    prefix = vpc.prefixlen + TIER_BITS + ZONE_BITS
    size = 2 ** (vpc.max_prefixlen - prefix)
    return IPv4Network((int(vpc.network_address) + index * size, prefix))


def plan(
    vpc: IPv4Network,
    zones: Iterable[str],
    changes: Mapping[Tier, Mapping[str, str]] | None = None,
) -> dict[Tier, dict[str, IPv4Network]]:
    """Every subnet by tier and zone; `changes` replaces single ranges."""
    listed, changed = tuple(zones), changes or {}

    def cidr(tier: Tier, zone: str) -> IPv4Network:
        own = changed.get(tier, {}).get(zone)
        return subnet_cidr(vpc, tier, zone) if own is None else IPv4Network(own)

    return {tier: {zone: cidr(tier, zone) for zone in listed} for tier in TIERS}


def usable(subnet: IPv4Network) -> int:
    """The number of addresses in a subnet that AWS does not reserve."""
    return max(subnet.num_addresses - KEPT_BY_AWS, 0)


def prefix_for(addresses: int) -> int:
    """The prefix length of the smallest subnet with this many usable addresses."""
    return min(SMALLEST_SUBNET, 32 - (addresses + KEPT_BY_AWS - 1).bit_length())


def is_private(cidr: IPv4Network) -> bool:
    """Whether the range is private (RFC 1918) or shared (RFC 6598)."""
    return cidr.is_private or cidr.subnet_of(SHARED)


def network(text: str) -> IPv4Network | None:
    """The IPv4 range of a text; None for anything else (host bits set, IPv6, words)."""
    try:
        return IPv4Network(text)
    except ValueError:
        return None


def networks(texts: Mapping[str, str]) -> dict[str, IPv4Network]:
    """The valid IPv4 ranges among the texts, by key."""
    return {key: found for key, text in texts.items() if (found := network(text)) is not None}


def overlaps(ranges: Mapping[str, IPv4Network]) -> Iterator[dict[str, object]]:
    """A case for each pair of ranges that share an address."""
    for (one, first), (other, second) in combinations(ranges.items(), 2):
        if first.overlaps(second):
            yield {"key": one, "range": first, "other": other, "other_range": second}
