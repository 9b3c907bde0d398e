"""Rules of a whole environment: what the stack files of both projects must agree on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.rules import allowed_clients
from config.rules.rule import Case, ConfigRule
from config.settings.stack import FoundationSettings, Settings
from config.sizing.subnets import network

QUORUM_ZONES = 3
"""With only two zones, one of them holds at least half of the Keepers, and its failure breaks the
quorum."""


@dataclass(frozen=True)
class Environment:
    """Both projects of one environment, where the main project uses the foundation's network."""

    main: Settings
    foundation: FoundationSettings

    @property
    def vpc_cidr(self) -> str:
        existing = self.foundation.network.existing
        return existing.vpc_cidr if existing is not None else self.foundation.network.cidr


def peers_without_access(s: Environment) -> Iterator[Case]:
    clients = [
        found for text in s.main.allowed_clients.cidrs if (found := network(text)) is not None
    ]
    for peer in s.foundation.network.peering:
        cidr = network(peer.cidr)
        if cidr is not None and not any(cidr.overlaps(client) for client in clients):
            yield {"peer": peer}


def too_few_zones(s: Environment) -> Iterator[Case]:
    zones = len(s.foundation.network.availability_zones)
    if s.main.clickhouse.replicas > zones:
        yield {"key": "replicas", "asked": s.main.clickhouse.replicas, "zones": zones}
    if s.main.clickhouse.keepers.count > 1 and zones < QUORUM_ZONES:
        yield {"key": "keepers.count", "asked": s.main.clickhouse.keepers.count, "zones": zones}


ERRORS: tuple[ConfigRule[Environment], ...] = (
    ConfigRule(
        "aws:region",
        lambda s: s.main.aws.region != s.foundation.aws.region,
        "{s.main.aws.region}, but the foundation's is {s.foundation.aws.region}",
        "write the same in both files: the databases are in the foundation's network",
    ),
    ConfigRule(
        "aws:allowedAccountIds",
        lambda s: s.main.aws.account_id != s.foundation.aws.account_id,
        "{s.main.aws.account_id}, but the foundation's is {s.foundation.aws.account_id}",
        "write the same in both files: the databases are in the foundation's network",
    ),
    ConfigRule(
        "nexusflow:allowed_clients.cidrs.{key}",
        lambda s: allowed_clients.whole_vpc(s.main, s.vpc_cidr),
        "{text} admits the whole VPC {vpc}",
        "list the ranges or the security groups of clients that connect to a store directly",
    ),
    ConfigRule(
        "nexusflow:clickhouse.{key}",
        too_few_zones,
        "{asked} in the foundation's {zones} availability zones: one zone's failure would stop "
        "several of them",
        "lower it, or give the foundation more availability_zones",
    ),
)
WARNINGS: tuple[ConfigRule[Environment], ...] = (
    ConfigRule(
        "nexusflow:allowed_clients.cidrs",
        peers_without_access,
        "the foundation peers with {peer.name} ({peer.cidr}), which is not an allowed client",
        "add its range here, or remove the peering there",
    ),
)
