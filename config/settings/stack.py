"""Settings of a whole stack, for each of the two Pulumi projects."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, Field

from config.model import Model
from config.settings.alarms import AlarmSettings
from config.settings.backups import BackupSettings
from config.settings.bastion import BastionSettings
from config.settings.certificates import CertificateSettings
from config.settings.clickhouse import ClickhouseSettings
from config.settings.database import DatabaseSettings
from config.settings.ecr_repository import EcrRepositorySettings
from config.settings.network import (
    AllowedClients,
    NetworkIds,
    NetworkSettings,
    PrivateDnsZone,
)
from config.settings.pgbouncer import PgbouncerSettings
from config.settings.postgres import PostgresSettings
from config.settings.redis import RedisSettings
from config.settings.secrets import SecretSettings
from config.settings.types import ACCOUNT, REGION


class DefaultTags(Model):
    tags: Mapping[str, str] = Field(description="the tags of every resource")


class Aws(BaseModel):
    """The part of the AWS provider's configuration that the stack itself uses."""

    model_config = ConfigDict(frozen=True, strict=True, populate_by_name=True, extra="ignore")

    region: str = Field(pattern=REGION, description="an AWS region, such as us-east-1")
    accounts: tuple[Annotated[str, Field(pattern=ACCOUNT)], ...] = Field(
        alias="allowedAccountIds",
        min_length=1,
        max_length=1,
        description="the one account of this environment: a list of one quoted 12-digit number",
    )
    default_tags: DefaultTags = Field(
        alias="defaultTags", description="{tags: {…}}: the tags of every resource"
    )

    @property
    def account_id(self) -> str:
        return self.accounts[0]


class StackSettings(Model):
    """Settings that the stacks of both projects have."""

    namespace: ClassVar[str]
    file: ClassVar[str] = "Pulumi.{environment}.yaml"

    # A load balancer's name has at most 32 characters, those of nexusflow-ENVIRONMENT-pgbouncer.
    environment: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,10}[a-z0-9]$",
        description="a stack name of 2 to 12 lower-case letters, digits and hyphens",
    )
    aws: Aws = Field(description="the AWS provider's configuration")

    @property
    def prefix(self) -> str:
        """The prefix of physical names. Logical names never contain it."""
        return f"nexusflow-{self.environment}"


class Settings(StackSettings):
    """The main project, `nexusflow`."""

    namespace = "nexusflow"

    recovery_region: str = Field(
        pattern=REGION, description="the AWS region to copy backups to, such as us-west-2"
    )
    postgres: PostgresSettings = Field(
        description="the PostgreSQL instance: {instance_class: …, …}"
    )
    database: DatabaseSettings = Field(description="changes to config/defaults/database.yaml")
    private_dns_zone: PrivateDnsZone = Field(
        description="{name: …}: the private domain of the data stores' DNS names"
    )
    allowed_clients: AllowedClients = Field(
        description="{cidrs: […], security_groups: […]}: clients that may reach the data stores"
    )
    pgbouncer: PgbouncerSettings = Field(
        description="the connection pooler: {image: …, tasks: …, …}"
    )
    redis: RedisSettings = Field(description="the Redis groups: {cache: {…}, state: {…}, …}")
    alarms: AlarmSettings = Field(
        description="{subscribers: {…}} and changes to config/defaults/alarms.yaml"
    )
    backups: BackupSettings = Field(
        description="{deletion_protection: …} and changes to config/defaults/backups.yaml"
    )
    certificates: CertificateSettings = Field(
        description="{authority: {…}, issued: {…}}: the private authority and its certificates"
    )
    secrets: SecretSettings = Field(
        description="{administrators: […], readers: {…}}: principals that may read secrets"
    )
    bastion: BastionSettings = Field(
        description="{hours: …, log_retention_days: …}: the on-demand bastion task"
    )
    clickhouse: ClickhouseSettings = Field(description="the ClickHouse hosts: {version: …, …}")
    foundation: str | None = Field(
        None,
        pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+$",
        description="the foundation's stack as organization/project/stack",
    )
    network: NetworkIds | None = Field(
        None, description="{vpc_id: …, vpc_cidr: …, data_subnet_ids: […], …}"
    )

    @property
    def foundation_stack(self) -> str:
        return self.foundation or f"organization/nexusflow-foundation/{self.environment}"


class FoundationSettings(StackSettings):
    """The foundation project, `nexusflow-foundation`."""

    namespace = "nexusflow-foundation"
    file = "foundation/Pulumi.{environment}.yaml"

    network: NetworkSettings = Field(
        description="{cidr: …, availability_zones: […], nat: …}, or {existing: {…}, …}"
    )
    images: EcrRepositorySettings = Field(
        description="{max_images: …, deletion_protection: …}: the image repository"
    )
