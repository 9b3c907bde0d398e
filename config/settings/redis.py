"""Settings of Redis: the cache and state replication groups, and their users (docs/adr/0015)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.aws import catalog
from config.model import Model
from config.settings.types import (
    CredentialVersion,
    Daily,
    DeletionProtection,
    LogRetention,
    Weekly,
    at_least,
)
from config.sizing.windows import ELASTICACHE_MINUTES

Purpose = Literal["cache", "state"]
UserKey = Annotated[
    str,
    Field(
        pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$",
        description="a user's short name of lower-case letters, digits and single hyphens",
    ),
]
RESERVED_MEMORY = "reserved-memory-percent"


def user_name(key: str) -> str:
    """The name that a user logs in with."""
    return f"nexusflow_{key.replace('-', '_')}"


def secret_key(key: str) -> str:
    """The key of a user's secret, as used in nexusflow:secrets.readers."""
    return f"redis-{key}"


class RedisSnapshots(Model):
    retention_days: int = Field(
        ge=1, le=35, description="the retention of a snapshot in days, 1 to 35"
    )
    window: Annotated[Daily, at_least(ELASTICACHE_MINUTES, "01:00-02:00")] = Field(
        description='a quoted UTC window of 60 minutes or more, such as "01:00-02:00"',
    )


class RedisGroupSettings(Model):
    node_type: str = Field(
        pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$",
        description="an ElastiCache node type, such as cache.m7g.large",
    )
    nodes: int = Field(
        ge=1, le=6, description="1, or 2 to 6 for a primary and replicas with automatic failover"
    )
    snapshots: RedisSnapshots | None = Field(None, description="{retention_days: …, window: …}")
    parameters: Mapping[str, str] = Field(
        description="changes to config/defaults/redis.yaml: {name: value}, values quoted"
    )

    @property
    def replicated(self) -> bool:
        """Whether there are replicas. They are always in other zones, with automatic failover."""
        return self.nodes > 1

    @property
    def effective_parameters(self) -> Mapping[str, str]:
        """The parameters, with the node type's reserved memory unless they set it."""
        node = catalog.cache_nodes().get(self.node_type)
        reserved = {RESERVED_MEMORY: str(node.reserved_percent)} if node else {}
        return {**reserved, **self.parameters}


class RedisUserSettings(Model):
    group: Purpose = Field(description="cache or state")
    credential_version: CredentialVersion
    keys: tuple[Annotated[str, Field(pattern=r"^[^\s~%]+$")], ...] = Field(
        min_length=1, description='quoted patterns of keys, such as ["session:*"]'
    )
    commands: tuple[Annotated[str, Field(pattern=r"^[+-]@?[a-z]+([|-][a-z]+)*$")], ...] = Field(
        min_length=1, description="signed commands and @categories: [+get, -@dangerous]"
    )

    @property
    def password_versions(self) -> tuple[int, int]:
        """The versions of the user's two passwords, the even and the odd one.

        The higher one is current, and the lower one still works. Raising the credential version by
        one replaces only the lower, which clients no longer use.
        """
        even = self.credential_version - self.credential_version % 2
        return even, self.credential_version - 1 + self.credential_version % 2

    @property
    def access(self) -> str:
        """The access string as ElastiCache returns it: any other spelling would always show a diff.

        It first denies all channels and commands, then adds the user's own commands.
        """
        patterns = " ".join(f"~{key}" for key in self.keys)
        return f"on {patterns} resetchannels -@all {' '.join(self.commands)}"


class RedisSettings(Model):
    engine_version: Literal["7.0", "7.1"] = Field(
        description='a quoted minor version, such as "7.1": patches are automatic'
    )
    cache: RedisGroupSettings = Field(
        description="{node_type: …, nodes: …}: cached values, which may be evicted"
    )
    state: RedisGroupSettings = Field(
        description="{node_type: …, nodes: …, snapshots: {…}}: sessions and rate limits"
    )
    users: Mapping[UserKey, RedisUserSettings] = Field(
        min_length=1,
        description="changes to config/defaults/redis.yaml: {name: {credential_version: …}}",
    )
    maintenance_window: Annotated[Weekly, at_least(ELASTICACHE_MINUTES, "sun:06:00-sun:07:00")] = (
        Field(
            description='a quoted UTC window of 60 minutes or more, such as "sun:06:00-sun:07:00"',
        )
    )
    log_retention_days: LogRetention
    apply_immediately: bool = Field(
        description="true to apply changes during `up`, false to wait for the maintenance window"
    )
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )

    @property
    def groups(self) -> Mapping[Purpose, RedisGroupSettings]:
        return {"cache": self.cache, "state": self.state}

    @property
    def major_version(self) -> int:
        return int(self.engine_version.partition(".")[0])

    @property
    def parameter_group_family(self) -> str:
        return f"redis{self.major_version}"

    def users_of(self, purpose: Purpose) -> Mapping[str, RedisUserSettings]:
        return {key: user for key, user in self.users.items() if user.group == purpose}


def user_id(prefix: str, key: str) -> str:
    """A user's id, which is unique per account and region in ElastiCache."""
    return f"{prefix}-{key}"
