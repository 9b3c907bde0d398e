"""The settings of the connection pooler: its pools, its tasks, and the image that they run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field

from config.settings.database import Name
from config.settings.model import CredentialVersion, LogRetention, Model
from config.sizing.postgres import ServerPool


class ImageSettings(Model):
    """What the tasks run, out of the foundation's repository."""

    version: str = Field(
        pattern=r"^1\.\d{1,3}\.\d{1,3}$",
        description='PgBouncer\'s version in the image as a quoted string, such as "1.26.1"',
    )
    digest: str = Field(
        pattern=r"^sha256:[0-9a-f]{64}$",
        description="the digest that pushing the image printed: sha256: and 64 hexadecimal digits",
    )

    @property
    def release(self) -> tuple[int, int]:
        major, minor, _ = self.version.split(".")
        return int(major), int(minor)


class TaskCount(Model):
    """How many tasks autoscaling keeps."""

    min: int = Field(ge=1, le=100, description="a whole number of tasks from 1")
    max: int = Field(ge=1, le=100, description="a whole number of tasks, at least min")


class PoolSettings(Model):
    """An entry of [databases]; each user that logs in through it has a pool of its own."""

    servers: Literal["primary", "readers"] = Field(description="primary or readers")
    users: tuple[Name, ...] = Field(
        min_length=1, description="roles of config/defaults/database.yaml: [name]"
    )
    size: int | None = Field(None, ge=1, description="server connections of a pool, from 1")
    reserve: int | None = Field(None, ge=0, description="further connections under load, from 0")


class PgbouncerSettings(Model):
    image: ImageSettings = Field(description="{version: …, digest: …}")
    tasks: TaskCount = Field(description="{min: …, max: …}")
    cpu: int = Field(ge=256, description="CPU units of a task as Fargate knows them, such as 512")
    memory_mib: int = Field(ge=512, description="MiB of a task as Fargate knows them, such as 1024")
    deployment_maximum_percent: int = Field(
        ge=101,
        le=200,
        description="how many tasks a deployment may run at once, in percent of those wanted: "
        "101 to 200",
    )
    log_retention_days: LogRetention
    pool_mode: Literal["transaction"] = Field(
        description="transaction: tenants are set by transaction"
    )
    max_client_conn: int = Field(ge=1, description="client connections that a task takes, from 1")
    default_pool_size: int = Field(ge=1, description="server connections of a pool, from 1")
    reserve_pool_size: int = Field(ge=0, description="further connections under load, from 0")
    reserve_pool_timeout_s: int = Field(
        ge=0, description="seconds that a client waits before the reserve is used, from 0"
    )
    pools: Mapping[Name, PoolSettings] = Field(
        min_length=1, description="{database: {servers: primary, users: […]}}"
    )
    admin_credential_version: CredentialVersion
    stats_credential_version: CredentialVersion

    @property
    def users(self) -> tuple[str, ...]:
        """Everyone who logs in through a pool, each once."""
        return tuple(dict.fromkeys(user for pool in self.pools.values() for user in pool.users))

    def server_pools(self, pool: PoolSettings) -> tuple[ServerPool, ...]:
        """The pools of one task behind an entry, the defaults filled in."""
        size = self.default_pool_size if pool.size is None else pool.size
        reserve = self.reserve_pool_size if pool.reserve is None else pool.reserve
        return tuple(ServerPool(user, size, reserve) for user in dict.fromkeys(pool.users))
