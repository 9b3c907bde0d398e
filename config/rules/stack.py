"""Which rules hold for which project, and those that hold for an environment as a whole."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from config.rules import alarms as alarm_rules
from config.rules import (
    allowed_clients,
    backups,
    bastion,
    certificates,
    clickhouse,
    database,
    ecr_repository,
    pgbouncer,
    postgres,
)
from config.rules import network as network_rules
from config.rules import redis as redis_rules
from config.rules import secrets as secret_rules
from config.rules.rule import Case, ConfigRule
from config.settings.stack import FoundationSettings, Settings, StackSettings
from config.sizing.subnets import network

TAG_NAME, TAG_VALUE = 128, 256


def unfit_tags(s: StackSettings) -> Iterator[Case]:
    for name, value in s.aws.default_tags.tags.items():
        if name.lower().startswith("aws:"):
            yield {"name": name, "wrong": "aws: is AWS's own prefix", "right": "drop the prefix"}
        if len(name) > TAG_NAME or len(value) > TAG_VALUE:
            yield {
                "name": name,
                "wrong": f"{len(name)} and {len(value)} characters",
                "right": f"write at most {TAG_NAME} for the name and {TAG_VALUE} for the value",
            }


EVERY_STACK: tuple[ConfigRule[StackSettings], ...] = (
    ConfigRule(
        "aws:defaultTags.tags.Environment",
        lambda s: s.aws.default_tags.tags.get("Environment") != s.environment,
        "the tag is not this stack's name",
        "write Environment: {s.environment}",
    ),
    ConfigRule(
        "aws:defaultTags.tags.Stack",
        lambda s: s.aws.default_tags.tags.get("Stack") != s.namespace,
        "the tag is not this project's name",
        "write Stack: {s.namespace}",
    ),
    ConfigRule("aws:defaultTags.tags.{name}", unfit_tags, "{wrong}", "{right}"),
)

MAIN: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:recovery_region",
        lambda s: s.recovery_region == s.aws.region,
        "{s.recovery_region} is the stack's own region",
        "name another: what is lost with a region must not be in it twice",
    ),
    *postgres.REFUSED,
    *database.REFUSED,
    *allowed_clients.REFUSED,
    *pgbouncer.REFUSED,
    *alarm_rules.REFUSED,
    *backups.REFUSED,
    *certificates.REFUSED,
    *secret_rules.REFUSED,
    *bastion.REFUSED,
    *redis_rules.REFUSED,
    *clickhouse.REFUSED,
)
MAIN_WARNED = (
    *postgres.WARNED,
    *pgbouncer.WARNED,
    *clickhouse.WARNED,
    *backups.WARNED,
)
FOUNDATION = (*network_rules.REFUSED, *ecr_repository.REFUSED)
FOUNDATION_WARNED = network_rules.WARNED


@dataclass(frozen=True)
class Environment:
    """Both projects of one environment, where the main one takes its network from the other."""

    main: Settings
    foundation: FoundationSettings

    @property
    def vpc_cidr(self) -> str:
        existing = self.foundation.network.existing
        return existing.vpc_cidr if existing is not None else self.foundation.network.cidr


def peers_without_way(s: Environment) -> Iterator[Case]:
    clients = [
        found for text in s.main.allowed_clients.cidrs if (found := network(text)) is not None
    ]
    for peer in s.foundation.network.peering:
        cidr = network(peer.cidr)
        if cidr is not None and not any(cidr.overlaps(client) for client in clients):
            yield {"peer": peer}


def more_replicas_than_zones(s: Environment) -> Iterator[Case]:
    zones = len(s.foundation.network.availability_zones)
    if s.main.clickhouse.replicas > zones:
        yield {"key": "replicas", "asked": s.main.clickhouse.replicas, "zones": zones}
    if s.main.clickhouse.keepers.count > 1 and zones < QUORUM_ZONES:
        yield {"key": "keepers.count", "asked": s.main.clickhouse.keepers.count, "zones": zones}


QUORUM_ZONES = 3
"""In two zones one holds half of the Keepers or more, and the quorum ends with it."""

ENVIRONMENT: tuple[ConfigRule[Environment], ...] = (
    ConfigRule(
        "aws:region",
        lambda s: s.main.aws.region != s.foundation.aws.region,
        "{s.main.aws.region}, but the foundation's is {s.foundation.aws.region}",
        "write the same in both files: databases live in the foundation's network",
    ),
    ConfigRule(
        "aws:allowedAccountIds",
        lambda s: s.main.aws.account_id != s.foundation.aws.account_id,
        "{s.main.aws.account_id}, but the foundation's is {s.foundation.aws.account_id}",
        "write the same in both files: databases live in the foundation's network",
    ),
    ConfigRule(
        "nexusflow:allowed_clients.cidrs.{key}",
        lambda s: allowed_clients.whole_vpc(s.main, s.vpc_cidr),
        "{text} lets in the whole VPC {vpc}",
        "list the ranges or the security groups of those who connect to a store directly",
    ),
    ConfigRule(
        "nexusflow:clickhouse.{key}",
        more_replicas_than_zones,
        "{asked} in the foundation's {zones} availability zones: a zone's failure ends several",
        "lower it, or give the foundation more availability_zones",
    ),
)
ENVIRONMENT_WARNED: tuple[ConfigRule[Environment], ...] = (
    ConfigRule(
        "nexusflow:allowed_clients.cidrs",
        peers_without_way,
        "the foundation peers with {peer.name} ({peer.cidr}), which may not reach the data",
        "list its range, or leave it out there",
    ),
)
