"""Rules of the foundation's network: a VPC to create, or an existing one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from ipaddress import IPv4Network

from config.rules.rule import Case, ConfigRule, repeated
from config.settings.network import NetworkSettings
from config.settings.stack import FoundationSettings
from config.sizing import subnets
from config.sizing.subnets import network

REQUIRED_FOR_NEW_VPC = ("cidr", "nat", "endpoints", "flow_logs", "deletion_protection", "peering")
ONLY_FOR_NEW_VPC = (*REQUIRED_FOR_NEW_VPC, "subnets")
"""Keys that describe a VPC to create. The owner of an existing VPC decides these."""
REQUIRED_WITHOUT_NAT = ("ecr.api", "ecr.dkr", "logs")
REQUIRED_BY_HOSTS: Mapping[tuple[str, str], str] = {
    ("gateway", "s3"): "install packages from it and write their backups to it",
    ("interface", "secretsmanager"): "read their passwords and certificates there",
    ("interface", "ssm"): "are managed by it",
    ("interface", "ssmmessages"): "accept sessions through it",
    ("interface", "monitoring"): "publish their metrics there",
}
"""Endpoints of AWS services that hosts of the data subnets use, and what for."""
NET = "nexusflow-foundation:network"


def _vpc(s: FoundationSettings) -> IPv4Network | None:
    return network(s.network.cidr)


def planned(s: FoundationSettings) -> dict[str, IPv4Network]:
    """Every subnet's range by tier and zone; empty if the VPC's own range is invalid."""
    vpc = _vpc(s)
    if vpc is None:
        return {}
    changed = subnets.networks(_changed(s.network))
    plan = subnets.plan(vpc, s.network.availability_zones)
    planned = {
        f"{tier}.{zone}": cidr for tier, by_zone in plan.items() for zone, cidr in by_zone.items()
    }
    return {**changed, **{key: cidr for key, cidr in planned.items() if key not in changed}}


def _changed(settings: NetworkSettings) -> dict[str, str]:
    return {
        f"{tier}.{zone}": text
        for tier, by_zone in settings.subnets.items()
        for zone, text in by_zone.items()
    }


def invalid_subnets(s: FoundationSettings) -> Iterator[Case]:
    for key, text in _changed(s.network).items():
        if network(text) is None:
            yield {"key": key, "text": text}


def subnets_outside(s: FoundationSettings) -> Iterator[Case]:
    vpc = _vpc(s)
    for key, cidr in subnets.networks(_changed(s.network)).items():
        if vpc is not None and not cidr.subnet_of(vpc):
            yield {"key": key, "cidr": cidr}


def overlapping_subnets(s: FoundationSettings) -> Iterator[Case]:
    changed = _changed(s.network)
    return (case for case in subnets.overlaps(planned(s)) if case["key"] in changed)


def small_subnets(s: FoundationSettings) -> Iterator[Case]:
    for tier, by_zone in s.network.subnets.items():
        endpoints = len(s.network.endpoints.interface) if tier == "private" else 0
        needed = subnets.NEEDED[tier] + endpoints
        for zone, cidr in subnets.networks(dict(by_zone)).items():
            if subnets.usable(cidr) < needed:
                yield {
                    "key": f"{tier}.{zone}",
                    "cidr": cidr,
                    "usable": subnets.usable(cidr),
                    "needed": needed,
                    "prefix": subnets.prefix_for(needed),
                }


def subnets_of_other_zones(s: FoundationSettings) -> Iterator[Case]:
    for tier, by_zone in s.network.subnets.items():
        for zone in by_zone:
            if zone not in s.network.availability_zones:
                yield {"key": f"{tier}.{zone}", "zone": zone}


def peer_ranges(s: FoundationSettings) -> dict[str, str]:
    return {f"{index}.cidr": peer.cidr for index, peer in enumerate(s.network.peering)}


def invalid_peers(s: FoundationSettings) -> Iterator[Case]:
    for key, text in peer_ranges(s).items():
        found = network(text)
        if found is None or not subnets.is_private(found):
            yield {"key": key, "text": text}


def overlapping_peers(s: FoundationSettings) -> Iterator[Case]:
    """Peers that overlap the VPC or each other: AWS cannot route to both."""
    ranges = subnets.networks(peer_ranges(s))
    vpc = _vpc(s)
    for key, cidr in ranges.items():
        if vpc is not None and cidr.overlaps(vpc):
            yield {"key": key, "range": cidr, "other_range": f"the VPC's {vpc}"}
    yield from subnets.overlaps(ranges)


def _is_new(s: FoundationSettings) -> bool:
    return s.network.existing is None


def endpoints_missing_for_hosts(s: FoundationSettings) -> Iterator[Case]:
    stated = {"gateway": s.network.endpoints.gateway, "interface": s.network.endpoints.interface}
    for (kind, service), use in REQUIRED_BY_HOSTS.items():
        if "endpoints" in s.network.model_fields_set and service not in stated[kind]:
            yield {"kind": kind, "service": service, "use": use}


def missing_keys(s: FoundationSettings) -> Iterator[Case]:
    for key in REQUIRED_FOR_NEW_VPC:
        if _is_new(s) and key not in s.network.model_fields_set:
            yield {"key": key, "what": NetworkSettings.model_fields[key].description}


def excess_keys(s: FoundationSettings) -> Iterator[Case]:
    for key in ONLY_FOR_NEW_VPC:
        if not _is_new(s) and key in s.network.model_fields_set:
            yield {"key": key}


def invalid_existing_range(s: FoundationSettings) -> bool:
    existing = s.network.existing
    return existing is not None and network(existing.vpc_cidr) is None


def repeated_subnets(s: FoundationSettings) -> list[Case]:
    existing = s.network.existing
    if existing is None:
        return []
    return repeated(each for ids in existing.subnet_ids.by_tier.values() for each in ids)


def invalid_range(s: FoundationSettings) -> bool:
    vpc = _vpc(s)
    return "cidr" in s.network.model_fields_set and (
        vpc is None
        or not subnets.LARGEST_VPC <= vpc.prefixlen <= subnets.SMALLEST_VPC
        or not subnets.is_private(vpc)
    )


ERRORS: tuple[ConfigRule[FoundationSettings], ...] = (
    ConfigRule(f"{NET}.{{key}}", missing_keys, "missing", "give {what}"),
    ConfigRule(
        f"{NET}.{{key}}",
        excess_keys,
        "not allowed together with existing",
        "leave out one of the two: the owner of an existing VPC decides this",
    ),
    ConfigRule(
        f"{NET}.existing.vpc_cidr",
        invalid_existing_range,
        "{s.network.existing.vpc_cidr} is not an IPv4 network",
        "write the VPC's range, such as 10.20.0.0/16",
    ),
    ConfigRule(
        f"{NET}.existing.subnet_ids",
        repeated_subnets,
        "{item} is listed twice",
        "list each subnet once, in one tier",
    ),
    ConfigRule(
        f"{NET}.cidr",
        invalid_range,
        "{s.network.cidr} is not a private IPv4 network of "
        f"/{subnets.LARGEST_VPC} to /{subnets.SMALLEST_VPC}",
        "write a network address with its prefix, such as 10.20.0.0/16",
    ),
    ConfigRule(
        f"{NET}.availability_zones",
        lambda s: [
            {"zone": zone} for zone in s.network.availability_zones if zone[:-1] != s.aws.region
        ],
        "{zone} is not in {s.aws.region}",
        "list only zones of {s.aws.region}, or change aws:region",
    ),
    ConfigRule(
        f"{NET}.availability_zones",
        lambda s: repeated(s.network.availability_zones),
        "{item} is listed twice",
        "list each zone once",
    ),
    ConfigRule(
        f"{NET}.subnets.{{key}}",
        invalid_subnets,
        "{text} is not an IPv4 network",
        "write a network address with its prefix, such as 10.20.64.0/22",
    ),
    ConfigRule(
        f"{NET}.subnets.{{key}}",
        subnets_of_other_zones,
        "{zone} is not one of availability_zones",
        "name one of the zones, or add it to availability_zones",
    ),
    ConfigRule(
        f"{NET}.subnets.{{key}}",
        subnets_outside,
        "{cidr} is outside the VPC's {s.network.cidr}",
        "write a range inside it",
    ),
    ConfigRule(
        f"{NET}.subnets.{{key}}",
        overlapping_subnets,
        "{range} overlaps {other_range} of {other}",
        "write a free range, or move the other subnet too",
    ),
    ConfigRule(
        f"{NET}.subnets.{{key}}",
        small_subnets,
        "{cidr} has {usable} usable addresses, but {needed} are needed",
        "write a /{prefix} or larger",
    ),
    ConfigRule(
        f"{NET}.endpoints.{{kind}}",
        endpoints_missing_for_hosts,
        "{service} is missing",
        "add it: the hosts of the data subnets {use}, and those subnets have no route to the "
        "internet, whatever nat is",
    ),
    ConfigRule(
        f"{NET}.endpoints.gateway",
        lambda s: repeated(s.network.endpoints.gateway),
        "{item} is listed twice",
        "list each service once",
    ),
    ConfigRule(
        f"{NET}.endpoints.interface",
        lambda s: repeated(s.network.endpoints.interface),
        "{item} is listed twice",
        "list each service once",
    ),
    ConfigRule(
        f"{NET}.peering",
        lambda s: repeated(peer.name for peer in s.network.peering),
        "{item} is the name of two peers",
        "give each peer a unique name: it becomes the name of a resource",
    ),
    ConfigRule(
        f"{NET}.peering.{{key}}",
        invalid_peers,
        "{text} is not a private IPv4 network",
        "write a network address with its prefix, such as 10.40.0.0/16",
    ),
    ConfigRule(
        f"{NET}.peering.{{key}}",
        overlapping_peers,
        "{range} overlaps {other_range}",
        "peer only with disjoint ranges: AWS cannot route between overlapping addresses",
    ),
)


def missing_endpoints(s: FoundationSettings) -> Iterator[Case]:
    missing = [
        service for service in REQUIRED_WITHOUT_NAT if service not in s.network.endpoints.interface
    ]
    if _is_new(s) and s.network.nat == "none" and missing:
        yield {"services": ", ".join(missing)}


WARNINGS: tuple[ConfigRule[FoundationSettings], ...] = (
    ConfigRule(
        f"{NET}.nat",
        missing_endpoints,
        "private subnets have neither a NAT gateway nor endpoints for {services}",
        "add them to endpoints.interface, or write nat: single",
    ),
)
