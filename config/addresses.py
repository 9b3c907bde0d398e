"""The address plan of a VPC, pure: which subnet of which tier in which zone has which range.

A tier is a quarter of the VPC and a zone's letter picks one of eight slots in it, so that adding
a zone, or listing zones in another order, moves no subnet.
"""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import IPv4Network
from typing import Literal

Tier = Literal["private", "data", "public"]
TIERS: tuple[Tier, ...] = ("private", "data", "public")  # the fourth quarter stays free

TIER_BITS = 2
ZONE_BITS = 3
LARGEST_VPC = 16
SMALLEST_VPC = 20
"""Its subnets are /25: 123 addresses, room for a tier's databases, tasks and endpoints."""


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


def plan(vpc: IPv4Network, zones: Iterable[str]) -> dict[Tier, dict[str, IPv4Network]]:
    """Every subnet by tier and zone."""
    listed = tuple(zones)
    return {tier: {zone: subnet_cidr(vpc, tier, zone) for zone in listed} for tier in TIERS}


def network(text: str) -> IPv4Network | None:
    """The range that a text names, or nothing when it names none (host bits set, IPv6, words)."""
    try:
        return IPv4Network(text)
    except ValueError:
        return None
