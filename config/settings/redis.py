"""The settings of Redis: a group that may forget, one that may not, and who uses them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.aws import catalog
from config.settings.model import CredentialVersion, DeletionProtection, LogRetention, Model

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
    return f"nexusflow_{key.replace('-', '_')}"


def secret_key(key: str) -> str:
    """What the secret of a user's login is listed under, where readers are."""
    return f"redis-{key}"


class RedisSnapshots(Model):
    retention_days: int = Field(ge=1, le=35, description="days that a snapshot is kept, 1 to 35")
    window: str = Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted UTC window of 60 minutes or more, such as "01:00-02:00"',
    )


class RedisGroupSettings(Model):
    node_type: str = Field(
        pattern=r"^cache\.[a-z0-9]+\.[a-z0-9]+$",
        description="an ElastiCache node type, such as cache.m7g.large",
    )
    nodes: int = Field(
        ge=1, le=6, description="1, or 2 to 6 for a primary with replicas that take over from it"
    )
    snapshots: RedisSnapshots | None = Field(None, description="{retention_days: …, window: …}")
    parameters: Mapping[str, str] = Field(
        description="changes to config/defaults/redis.yaml: {name: value}, values quoted"
    )

    @property
    def replicated(self) -> bool:
        """Replicas in other zones, one of which takes over: there is no reason to do without."""
        return self.nodes > 1

    @property
    def parameters_in_force(self) -> Mapping[str, str]:
        """The parameters with what has to be reserved on this type of node, unless it is stated."""
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
        min_length=1, description="commands and @categories with their sign: [+get, -@dangerous]"
    )

    @property
    def access(self) -> str:
        """The access string as ElastiCache writes it back, so that it is no difference: channels
        and commands begin at none."""
        patterns = " ".join(f"~{key}" for key in self.keys)
        return f"on {patterns} resetchannels -@all {' '.join(self.commands)}"


class RedisSettings(Model):
    engine_version: Literal["7.0", "7.1"] = Field(
        description='a quoted minor version, such as "7.1": patches are automatic'
    )
    cache: RedisGroupSettings = Field(description="{node_type: …, nodes: …}: what may be forgotten")
    state: RedisGroupSettings = Field(
        description="{node_type: …, nodes: …, snapshots: {…}}: sessions and rate limits"
    )
    users: Mapping[UserKey, RedisUserSettings] = Field(
        min_length=1,
        description="changes to config/defaults/redis.yaml: {name: {credential_version: …}}",
    )
    maintenance_window: str = Field(
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted UTC window of 60 minutes or more, such as "sun:06:00-sun:07:00"',
    )
    log_retention_days: LogRetention
    apply_immediately: bool = Field(
        description="true to change the nodes during `up`, false to wait for their window"
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

    def users_of(self, purpose: Purpose) -> Mapping[str, RedisUserSettings]:
        return {key: user for key, user in self.users.items() if user.group == purpose}


def password_versions(credential_version: int) -> tuple[int, int]:
    """The versions of a user's two passwords, the even one and the odd one.

    The higher is the one to log in with, the lower still works: raising the credential version by one
    replaces only the password that nobody should use any more.
    """
    even = credential_version - credential_version % 2
    return even, credential_version - 1 + credential_version % 2


def user_id(prefix: str, key: str) -> str:
    """Users of ElastiCache are named per account and region."""
    return f"{prefix}-{key}"
