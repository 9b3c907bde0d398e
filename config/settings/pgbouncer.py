"""Settings of PgBouncer: its pools, its ECS tasks, and the image that they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from config.model import Model
from config.settings.database import Name
from config.settings.types import CredentialVersion, DeletionProtection, LogRetention
from config.sizing.postgres import PooledConnections, ServerPool


class ImageSettings(Model):
    """The image of the tasks in the foundation's ECR repository."""

    version: str = Field(
        pattern=r"^1\.\d{1,3}\.\d{1,3}$",
        description='the PgBouncer version in the image as a quoted string, such as "1.26.1"',
    )
    digest: str = Field(
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="the digest that pushing the image printed: sha256: and 64 hexadecimal digits",
    )

    @property
    def full_release(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split("."))

    @property
    def release(self) -> tuple[int, int]:
        """Major and minor version: settings come and go with these."""
        major, minor, _ = self.full_release
        return major, minor


class TaskCount(Model):
    """The bounds of autoscaling."""

    min: int = Field(ge=1, le=100, description="the minimum number of tasks, from 1")
    max: int = Field(ge=1, le=100, description="the maximum number of tasks, at least min")


class PoolSettings(Model):
    """An entry of [databases]. Each of its users has a separate pool, in each task."""

    servers: Literal["primary", "readers"] = Field(description="primary or readers")
    users: tuple[Name, ...] = Field(
        min_length=1, description="roles of config/defaults/database.yaml: [name]"
    )
    size: int | None = Field(None, ge=1, description="server connections per pool, from 1")
    reserve: int | None = Field(None, ge=0, description="additional connections under load, from 0")


class PgbouncerSettings(Model):
    image: ImageSettings = Field(description="{version: …, digest: …}")
    tasks: TaskCount = Field(description="{min: …, max: …}")
    cpu: int = Field(ge=256, description="CPU units of a Fargate task, such as 512")
    memory_mib: int = Field(ge=512, description="the memory of a Fargate task in MiB, such as 1024")
    deployment_maximum_percent: int = Field(
        ge=101,
        le=200,
        description="the most tasks during a deployment, in percent of the desired number: "
        "101 to 200",
    )
    log_retention_days: LogRetention
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}: of the load balancer"
    )
    pool_mode: Literal["transaction"] = Field(
        description="transaction: the tenant is set per transaction"
    )
    max_client_conn: int = Field(ge=1, description="client connections per task, from 1")
    default_pool_size: int = Field(ge=1, description="server connections per pool, from 1")
    reserve_pool_size: int = Field(ge=0, description="additional connections under load, from 0")
    reserve_pool_timeout_s: int = Field(
        ge=0, description="seconds that a client waits before the reserve pool is used, from 0"
    )
    pools: Mapping[Name, PoolSettings] = Field(
        min_length=1, description="{database: {servers: primary, users: […]}}"
    )
    admin_credential_version: CredentialVersion
    stats_credential_version: CredentialVersion

    @property
    def users(self) -> tuple[str, ...]:
        """The users of all pools, without duplicates."""
        return tuple(dict.fromkeys(user for pool in self.pools.values() for user in pool.users))

    def server_pools(self, pool: PoolSettings) -> tuple[ServerPool, ...]:
        """The pools of one task for an entry, with the defaults filled in."""
        size = self.default_pool_size if pool.size is None else pool.size
        reserve = self.reserve_pool_size if pool.reserve is None else pool.reserve
        return tuple(ServerPool(user, size, reserve) for user in dict.fromkeys(pool.users))

    def max_db_connections(self, pool: PoolSettings) -> int:
        """The most server connections of one task for an entry, reserves included."""
        return sum(each.connections for each in self.server_pools(pool))

    def peak_connections(self, pools: tuple[ServerPool, ...]) -> PooledConnections:
        """The connections of all tasks when these pools are full during a deployment."""
        return PooledConnections(self.tasks.max, self.deployment_maximum_percent, pools)
