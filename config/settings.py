"""The settings of both projects: frozen models with the ranges that AWS and PostgreSQL allow.

A field's description completes the sentence "give …": errors show it to the person who mistyped.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field

Generation = Annotated[
    int, Field(ge=1, description="a whole number from 1; raising it makes a new password")
]


class Model(BaseModel):
    """Nothing unknown, nothing converted, nothing changed after loading."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, populate_by_name=True)


class Safety(Model):
    """A protection; switching it off takes a written reason."""

    enabled: bool = Field(description="true or false")
    reason: str = Field("", description="one sentence saying why it is off")


class DefaultTags(Model):
    tags: Mapping[str, str] = Field(description="tags that every resource carries")


class Aws(BaseModel):
    """What this stack needs of the AWS provider's own configuration; the rest is the provider's."""

    model_config = ConfigDict(frozen=True, strict=True, populate_by_name=True, extra="ignore")

    region: str = Field(
        pattern=r"^[a-z]{2}(-[a-z]+)+-\d$", description="an AWS region, such as us-east-1"
    )
    accounts: tuple[Annotated[str, Field(pattern=r"^\d{12}$")], ...] = Field(
        alias="allowedAccountIds",
        min_length=1,
        max_length=1,
        description="the one account of this environment: a list of one quoted 12-digit number",
    )
    default_tags: DefaultTags = Field(
        alias="defaultTags", description="{tags: {…}}: the tags that every resource carries"
    )

    @property
    def account_id(self) -> str:
        return self.accounts[0]


class StackSettings(Model):
    """What every stack has, whichever its project."""

    namespace: ClassVar[str]
    file: ClassVar[str] = "Pulumi.{environment}.yaml"

    environment: str = Field(
        pattern=r"^[a-z][a-z0-9-]{0,18}[a-z0-9]$",
        description="a stack name of 2 to 20 lower-case letters, digits and hyphens",
    )
    aws: Aws = Field(description="the AWS provider's configuration")

    @property
    def prefix(self) -> str:
        """Physical names begin with it; logical names never do."""
        return f"nexusflow-{self.environment}"


class Storage(Model):
    allocated_gb: int = Field(
        ge=20, le=65536, description="the size of the gp3 volume in GB, 20 to 65536"
    )
    iops: int = Field(
        ge=3000, le=64000, description="3000 below 400 GB, 12000 to 64000 from 400 GB"
    )


class Parameter(Model):
    """One row of the parameter group; config/postgres_parameters.yaml says what each part is."""

    value: str = Field(min_length=1, description="the value in RDS units as a quoted string")
    apply_method: Literal["immediate", "pending-reboot"] = Field(
        description="immediate (dynamic) or pending-reboot (static)"
    )
    documented: str | None = Field(None, description="the text that SHOW prints for the value")


class Postgres(Model):
    engine_version: str = Field(
        pattern=r"^\d{2}$",
        description='a quoted major version, such as "15": minor upgrades are automatic',
    )
    instance_class: str = Field(
        pattern=r"^db\.[a-z0-9]+\.[a-z0-9]+$",
        description="an RDS instance class, such as db.r6g.large",
    )
    storage: Storage = Field(description="{allocated_gb: …, iops: …}")
    multi_az: bool = Field(description="true for a standby in a second zone, else false")
    parameters: Mapping[str, Parameter] = Field(
        description="changes to config/postgres_parameters.yaml: {name: {value: …}}"
    )
    backup_retention_days: int = Field(
        ge=1, le=35, description="days of automated backups and point-in-time recovery, 1 to 35"
    )
    backup_window: str = Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted UTC window of 30 minutes or more, such as "03:00-04:00"',
    )
    maintenance_window: str = Field(
        pattern=r"^(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d"
        r"-(mon|tue|wed|thu|fri|sat|sun):([01]\d|2[0-3]):[0-5]\d$",
        description='a quoted UTC window of 30 minutes or more, such as "sun:04:30-sun:05:30"',
    )
    apply_immediately: bool = Field(
        description="true to change the server during `up`, false to wait for its window"
    )
    deletion_protection: Safety = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )

    @property
    def major_version(self) -> int:
        return int(self.engine_version)


class Master(Model):
    name: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$", description="a login name of at most 63 characters"
    )
    generation: Generation


class Role(Model):
    connection_limit: int = Field(
        ge=1, description="how many connections the role may hold at once, from 1"
    )
    generation: Generation


class Access(Model):
    """Who may log in; config/access.yaml is the baseline of every environment."""

    database: str = Field(
        pattern=r"^[a-z][a-z0-9_]{0,62}$", description="a database name of at most 63 characters"
    )
    master: Master = Field(description="{name: …, generation: …}")
    roles: Mapping[str, Role] = Field(
        min_length=1, description="{name: {connection_limit: …, generation: …}}"
    )
    secret_recovery_days: int = Field(
        ge=7, le=30, description="days in which a deleted secret can be restored, 7 to 30"
    )


class NetworkIds(Model):
    """The foundation's outputs as plain values, where no foundation stack can be referenced."""

    vpc_id: str = Field(pattern=r"^vpc-[0-9a-f]+$", description="the id of a VPC: vpc-…")
    vpc_cidr: str = Field(description="the VPC's IPv4 range, such as 10.20.0.0/16")
    data_subnet_ids: tuple[Annotated[str, Field(pattern=r"^subnet-[0-9a-f]+$")], ...] = Field(
        min_length=2, description="subnet ids in two zones or more: [subnet-…, subnet-…]"
    )


class Settings(StackSettings):
    """The main project, `nexusflow`."""

    namespace = "nexusflow"

    postgres: Postgres = Field(description="the PostgreSQL instance: {instance_class: …, …}")
    access: Access = Field(description="changes to config/access.yaml")
    foundation: str | None = Field(
        None,
        pattern=r"^[^/\s]+/[^/\s]+/[^/\s]+$",
        description="the foundation's stack as organization/project/stack",
    )
    network: NetworkIds | None = Field(
        None, description="{vpc_id: …, vpc_cidr: …, data_subnet_ids: […]}"
    )

    @property
    def foundation_stack(self) -> str:
        return self.foundation or f"organization/nexusflow-foundation/{self.environment}"


class Network(Model):
    cidr: str = Field(description="the VPC's IPv4 range from /16 to /20, such as 10.20.0.0/16")
    availability_zones: tuple[
        Annotated[str, Field(pattern=r"^[a-z]{2}(-[a-z]+)+-\d[a-h]$")], ...
    ] = Field(min_length=2, description="two zones or more, such as [us-east-1a, us-east-1b]")
    nat: Literal["none", "single", "per_az"] = Field(
        description="none, single or per_az: how private subnets reach the internet"
    )


class FoundationSettings(StackSettings):
    """The foundation project, `nexusflow-foundation`."""

    namespace = "nexusflow-foundation"
    file = "foundation/Pulumi.{environment}.yaml"

    network: Network = Field(description="{cidr: …, availability_zones: […], nat: …}")
