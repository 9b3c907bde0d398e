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
    client_groups: Mapping[Client, pulumi.Output[str]]
    """The security groups of those who may call them."""
    authority: CertificateAuthority
    """Who their servers are known by."""
    postgres: PostgresCluster
    redis: Redis
    clickhouse: ClickhouseCluster

    @property
    def dns_records(self) -> Mapping[str, pulumi.Output[str]]:
        """Addresses by private name."""
        return {
            **self.postgres.dns_records,
            **self.redis.dns_records,
            **self.clickhouse.dns_records,
        }

    @property
    def weighted_records(self) -> Mapping[str, Mapping[str, pulumi.Output[str]]]:
        """Names that stand for several servers."""
        return {**self.postgres.weighted_records, **self.clickhouse.weighted_records}

    @property
    def endpoints(self) -> Mapping[str, StoreEndpoint]:
        return {
            "postgres": self.postgres.endpoint,
            "redis": self.redis.endpoint,
            **self.clickhouse.endpoints,
        }

    @property
    def secret_arns(self) -> Mapping[str, pulumi.Output[str]]:
        """By the key that readers are listed under."""
        return {
            **self.postgres.secret_arns,
            **self.redis.secret_arns,
            **self.clickhouse.secret_arns,
        }

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        return [
            *self.postgres.alarm_targets,
            *self.redis.alarm_targets,
            *self.clickhouse.alarm_targets,
        ]

    @property
    def secret_readers(self) -> SecretReaders:
        """What the stores' own hosts read."""
        return self.clickhouse.secret_readers


def stores(
    settings: Settings,
    network: FoundationRef,
    keys: Mapping[str, pulumi.Input[str]],
    topic_arn: pulumi.Input[str],
) -> Stores:
    """`keys` by purpose; the topic is told of what RDS does."""
    scope, recovery_days = StackScope.of(settings), settings.secrets.recovery_days
    authority = CertificateAuthority(
        "tls",
        CertificateAuthorityArgs(
            scope=scope,
            settings=settings.certificates,
            kms_key_arn=keys["secrets"],
            recovery_days=recovery_days,
        ),
    )
    issued = authority.issue("clickhouse", certificate_names(settings), client=True)
    client_groups = ClientSecurityGroups(
        "callers", ClientSecurityGroupsArgs(prefix=scope.prefix, vpc_id=network.vpc_id)
    ).ids
    # The application's way to PostgreSQL is the pooler: past it, its limits would be nobody's.
    through_pooler = IngressSources.of(settings.allowed_clients, client_groups, "pooler", "bastion")
    directly = IngressSources.of(settings.allowed_clients, client_groups, "clients", "bastion")
    return Stores(
        client_groups,
        authority,
        PostgresCluster(
            "postgres",
            PostgresClusterArgs(
                settings=settings,
                network=network,
                kms_key_arns=keys,
                topic_arn=topic_arn,
                ingress_sources=through_pooler,
            ),
        ),
        Redis(
            "redis",
            RedisArgs(
                settings=settings, network=network, kms_key_arns=keys, ingress_sources=directly
            ),
        ),
        ClickhouseCluster(
            "clickhouse",
            ClickhouseClusterArgs(
                settings=settings,
                network=network,
                kms_key_arns=keys,
                certificate=issued,
                ingress_sources=directly,
            ),
        ),
    )
