"""Redis on ElastiCache: a replication group for cached values, one for state, and the users of both
(docs/adr/0015)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import elasticache
from pulumi_random import RandomId

from components.monitoring.alarm_target import AlarmTarget
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import StoreEndpoint
from components.outputs import RedisGroupOutputs, RedisOutputs, RedisUserOutputs
from components.redis.alarm_targets import alarm_targets
from components.redis.replication_group import RedisReplicationGroup, RedisReplicationGroupArgs
from components.redis.security_group import PORT, RedisSecurityGroup, RedisSecurityGroupArgs
from components.redis.users import ENGINE, RedisUsers, RedisUsersArgs
from components.scope import StackScope
from components.security.login_secret import LoginSecret, LoginSecretArgs
from config.settings.redis import Purpose, RedisSettings, secret_key, user_name


@dataclass(frozen=True, kw_only=True)
class RedisArgs:
    scope: StackScope
    settings: RedisSettings
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: redis, secrets, logs."""
    ingress_sources: IngressSources
    secret_recovery_days: int


class Redis(pulumi.ComponentResource):
    """One replication group per purpose with its users, and the security group of all nodes."""

    groups: dict[Purpose, elasticache.ReplicationGroup]
    """By purpose: cache, state."""
    secret_arns: dict[str, pulumi.Output[str]]
    """Secrets of the users' logins, by secret key."""
    endpoint: StoreEndpoint
    """The security group and port of all nodes."""

    def __init__(
        self, name: str, args: RedisArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:redis:Redis", name, None, opts)
        settings = self._settings = args.settings
        child = pulumi.ResourceOptions(parent=self)
        prefix, network = args.scope.prefix, args.network
        # Final snapshots keep their names after the groups are gone, so replaced groups need new
        # ones. The keeper is the input whose change replaces them.
        name_suffix = RandomId(
            f"{name}-name-suffix",
            byte_length=4,
            keepers={"kms_key_arn": args.kms_key_arns["redis"]},
            opts=child,
        )
        security_group = RedisSecurityGroup(
            f"{name}-security-group",
            RedisSecurityGroupArgs(
                prefix=prefix, vpc_id=network.vpc_id, ingress_sources=args.ingress_sources
            ),
            child,
        )
        subnets = elasticache.SubnetGroup(
            name,
            name=f"{prefix}-redis",
            description="The data subnets of every zone",
            subnet_ids=network.data_subnet_ids,
            opts=child,
        )
        self.endpoint = StoreEndpoint(security_group.security_group_id, PORT)
        users = RedisUsers(f"{name}-user", RedisUsersArgs(prefix=prefix, settings=settings), child)
        self.groups = {
            purpose: RedisReplicationGroup(
                f"{name}-{purpose}",
                RedisReplicationGroupArgs(
                    prefix=prefix,
                    purpose=purpose,
                    settings=settings,
                    subnet_group=subnets.name,
                    security_group_id=security_group.security_group_id,
                    user_ids=[
                        users.default_id,
                        *(users.ids[key] for key in settings.users_of(purpose)),
                    ],
                    kms_key_arn=args.kms_key_arns["redis"],
                    logs_key_arn=args.kms_key_arns["logs"],
                    name_suffix=name_suffix.hex,
                ),
                child,
            ).group
            for purpose in settings.groups
        }
        self.secret_arns = {
            secret_key(key): self._secret(f"{name}-{key}", key, password, args)
            for key, password in users.passwords.items()
        }
        self.register_outputs({"secret_arns": self.secret_arns})

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        return [
            target
            for purpose, group in self._items
            for target in alarm_targets(
                purpose, self._nodes(purpose, group), evicts=purpose != "state"
            )
        ]

    def _nodes(
        self, purpose: Purpose, group: elasticache.ReplicationGroup
    ) -> list[pulumi.Output[str]]:
        """Cache cluster identifiers of the nodes, which ElastiCache numbers from 001."""
        count = self._settings.groups[purpose].nodes
        return [
            pulumi.Output.concat(group.replication_group_id, f"-{number:03}")
            for number in range(1, count + 1)
        ]

    @property
    def dns_records(self) -> Mapping[str, pulumi.Output[str]]:
        """Addresses by DNS label. The certificate of a node contains the addresses that ElastiCache
        assigns, not these names: a client that verifies it must connect to such an address, or
        pass it as the TLS server name."""
        primaries = {f"redis-{key}": group.primary_endpoint_address for key, group in self._items}
        readers = {
            f"redis-{key}-readers": group.reader_endpoint_address for key, group in self._items
        }
        return {**primaries, **readers}

    def outputs(self) -> RedisOutputs:
        return RedisOutputs(
            groups={
                key: RedisGroupOutputs(
                    group.replication_group_id,
                    group.primary_endpoint_address,
                    group.reader_endpoint_address,
                    group.port,
                )
                for key, group in self._items
            },
            users={
                key: RedisUserOutputs(user.group, self.secret_arns[secret_key(key)])
                for key, user in self._settings.users.items()
            },
        )

    @property
    def _items(self) -> list[tuple[Purpose, elasticache.ReplicationGroup]]:
        return list(self.groups.items())

    def _secret(
        self,
        name: str,
        key: str,
        password: pulumi.Output[str],
        args: RedisArgs,
    ) -> pulumi.Output[str]:
        """The ARN of the secret with a user's login. `key` is the user's key in the settings."""
        group = self.groups[self._settings.users[key].group]
        return LoginSecret(
            name,
            LoginSecretArgs(
                secret_name=f"{args.scope.prefix}/redis/{user_name(key)}",
                description=f"Login of {user_name(key)} to Redis",
                kms_key_arn=args.kms_key_arns["secrets"],
                recovery_days=args.secret_recovery_days,
                username=user_name(key),
                password=password,
                host=group.primary_endpoint_address,
                port=group.port,
                database=None,
                engine=ENGINE,
            ),
            pulumi.ResourceOptions(parent=self),
        ).arn
