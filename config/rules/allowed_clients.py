"""Rules of the allowed clients, the private DNS zone, and the given network ids."""

from __future__ import annotations

from collections.abc import Iterator

from config.rules.rule import Case, ConfigRule, repeated
from config.settings.stack import Settings
from config.sizing import subnets
from config.sizing.subnets import network


def _clients(s: Settings) -> dict[str, str]:
    return {str(index): text for index, text in enumerate(s.allowed_clients.cidrs)}


def public_or_invalid_clients(s: Settings) -> Iterator[Case]:
    for key, text in _clients(s).items():
        found = network(text)
        if found is None:
            yield {"key": key, "text": text, "problem": "is not an IPv4 network"}
        elif not subnets.is_private(found):
            yield {"key": key, "text": text, "problem": "is not a private range"}


def whole_vpc(s: Settings, vpc_cidr: str) -> Iterator[Case]:
    """Client ranges that include the whole VPC and so bypass security groups and PgBouncer."""
    vpc = network(vpc_cidr)
    for key, client in subnets.networks(_clients(s)).items():
        if vpc is not None and client.supernet_of(vpc):
            yield {"key": key, "text": client, "vpc": vpc}


ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:allowed_clients.cidrs.{key}",
        public_or_invalid_clients,
        "{text} {problem}",
        "write a private network address with its prefix, such as 10.40.0.0/16",
    ),
    ConfigRule(
        "nexusflow:allowed_clients.cidrs.{key}",
        lambda s: subnets.overlaps(subnets.networks(_clients(s))),
        "{range} overlaps {other_range}",
        "list each address once",
    ),
    ConfigRule(
        "nexusflow:allowed_clients.cidrs.{key}",
        lambda s: whole_vpc(s, s.network.vpc_cidr) if s.network is not None else [],
        "{text} admits the whole VPC {vpc}",
        "list the ranges or the security groups of clients that connect to a store directly",
    ),
    ConfigRule(
        "nexusflow:allowed_clients.security_groups",
        lambda s: repeated(s.allowed_clients.security_groups),
        "{item} is listed twice",
        "list each group once",
    ),
    ConfigRule(
        "nexusflow:private_dns_zone.name",
        lambda s: [
            {"label": label} for label in s.private_dns_zone.name.split(".") if len(label) > 63
        ],
        "the label {label} has more than 63 characters",
        "shorten it",
    ),
    ConfigRule(
        "nexusflow:network",
        lambda s: s.network is not None and s.foundation is not None,
        "given together with nexusflow:foundation",
        "keep one of the two: the values, or the stack that outputs them",
    ),
    ConfigRule(
        "nexusflow:network.vpc_cidr",
        lambda s: s.network is not None and network(s.network.vpc_cidr) is None,
        "{s.network.vpc_cidr} is not an IPv4 network",
        "write the VPC's range, such as 10.20.0.0/16",
    ),
    ConfigRule(
        "nexusflow:network.data_subnet_ids",
        lambda s: repeated(s.network.data_subnet_ids) if s.network is not None else [],
        "{item} is listed twice",
        "list each subnet once",
    ),
    ConfigRule(
        "nexusflow:network.private_subnet_ids",
        lambda s: repeated(s.network.private_subnet_ids) if s.network is not None else [],
        "{item} is listed twice",
        "list each subnet once",
    ),
)
