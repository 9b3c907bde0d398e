"""The three stores, and what everything around them needs to know of all of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.clickhouse.cluster import (
    ClickhouseCluster,
    ClickhouseClusterArgs,
    certificate_names,
)
from components.monitoring.alarm_target import AlarmTarget
from components.network.client_security_groups import (
    Client,
    ClientSecurityGroups,
    ClientSecurityGroupsArgs,
)
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import StoreEndpoint
from components.postgres.cluster import PostgresCluster, PostgresClusterArgs
from components.redis.redis import Redis, RedisArgs
from components.scope import StackScope
from components.security.certificates import CertificateAuthority, CertificateAuthorityArgs
from components.security.secret_policies import SecretReaders
from config.settings.stack import Settings


@dataclass(frozen=True)
class Stores:
    callers: Mapping[Client, pulumi.Output[str]]
    """The security groups of those who may call them."""
    authority: CertificateAuthority
    """Who their servers are known by."""
    postgres: PostgresCluster
    redis: Redis
    clickhouse: ClickhouseCluster

    @property
    def names(self) -> Mapping[str, pulumi.Output[str]]:
        """Addresses by private name."""
        return {**self.postgres.names, **self.redis.names, **self.clickhouse.names}

    @property
    def shared(self) -> Mapping[str, Mapping[str, pulumi.Output[str]]]:
        """Names that stand for several servers."""
        return {**self.postgres.shared, **self.clickhouse.shared}

    @property
    def ways(self) -> Mapping[str, StoreEndpoint]:
        return {"postgres": self.postgres.way, "redis": self.redis.way, **self.clickhouse.ways}

    @property
    def secret_arns(self) -> Mapping[str, pulumi.Output[str]]:
        """By the key that readers are listed under."""
        return {
            **self.postgres.secret_arns,
            **self.redis.secret_arns,
            **self.clickhouse.secret_arns,
        }

    @property
    def watched(self) -> list[AlarmTarget]:
        return [*self.postgres.watched, *self.redis.watched, *self.clickhouse.watched]

    @property
    def reads(self) -> SecretReaders:
        """What the stores' own hosts read."""
        return self.clickhouse.reads


def stores(
    settings: Settings,
    network: FoundationRef,
    keys: Mapping[str, pulumi.Input[str]],
    topic_arn: pulumi.Input[str],
) -> Stores:
    """`keys` by purpose; the topic is told of what RDS does."""
    place, recovery_days = StackScope.of(settings), settings.access.secret_recovery_days
    authority = CertificateAuthority(
        "tls",
        CertificateAuthorityArgs(place, settings.certificates, keys["secrets"], recovery_days),
    )
    issued = authority.issue("clickhouse", certificate_names(settings), client=True)
    callers = ClientSecurityGroups(
        "callers", ClientSecurityGroupsArgs(place.prefix, network.vpc_id)
    ).ids
    # The application's way to PostgreSQL is the pooler: past it, its limits would be nobody's.
    through_pooler = IngressSources.of(settings.clients, callers, "pooler", "access-task")
    directly = IngressSources.of(settings.clients, callers, "clients", "access-task")
    return Stores(
        callers,
        authority,
        PostgresCluster(
            "postgres", PostgresClusterArgs(settings, network, keys, topic_arn, through_pooler)
        ),
        Redis("redis", RedisArgs(settings, network, keys, directly)),
        ClickhouseCluster(
            "clickhouse", ClickhouseClusterArgs(settings, network, keys, issued, directly)
        ),
    )
