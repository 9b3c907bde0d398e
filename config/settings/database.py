"""The settings of who may do what inside PostgreSQL; config/defaults/database.yaml is their baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.settings.model import IDENTIFIER, CredentialVersion, Model

DatabasePrivilege = Literal["CONNECT", "CREATE", "TEMPORARY"]
SchemaPrivilege = Literal["USAGE", "CREATE"]
TablePrivilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
"""Never TRUNCATE: it ignores row-level security."""
SequencePrivilege = Literal["USAGE", "SELECT", "UPDATE"]

Name = Annotated[
    str,
    Field(pattern=rf"^{IDENTIFIER}$", description="a lower-case name of at most 63 characters"),
]
TableName = Annotated[
    str,
    Field(
        pattern=rf"^{IDENTIFIER}\.{IDENTIFIER}$",
        description="schema and table, such as public.contacts",
    ),
]
Reason = Annotated[
    str, Field(min_length=10, description="the reason in words, of at least 10 characters")
]


class MasterLogin(Model):
    name: Name
    credential_version: CredentialVersion


class RoleGrants(Model):
    """What a role may do, spelled out; by schema where there are several."""

    database: tuple[DatabasePrivilege, ...] = Field(
        default=(), description="privileges on the database: [CONNECT, …]"
    )
    schemas: Mapping[Name, tuple[SchemaPrivilege, ...]] = Field(
        default_factory=dict, description="{schema: [USAGE, …]}"
    )
    tables: Mapping[Name, tuple[TablePrivilege, ...]] = Field(
        default_factory=dict, description="{schema: [SELECT, …]}"
    )
    sequences: Mapping[Name, tuple[SequencePrivilege, ...]] = Field(
        default_factory=dict, description="{schema: [USAGE, …]}"
    )


class RoleSettings(Model):
    """A role that logs in."""

    connection_limit: int = Field(
        ge=1, description="how many connections the role may hold at once, from 1"
    )
    credential_version: CredentialVersion
    member_of: tuple[Name, ...] = Field(
        default=(), description="roles it is a member of: [role, …]"
    )
    settings: Mapping[str, str] = Field(
        default_factory=dict,
        description='what ALTER ROLE … SET gives it: {statement_timeout: "30000"}',
    )
    grants: RoleGrants = Field(
        default_factory=lambda: RoleGrants(),
        description="{database: […], schemas: {…}, tables: {…}}",
    )


class TableSettings(Model):
    """A table's row-level security: by tenant, or shared."""

    tenant: Name | None = Field(
        description="the column that holds the organization, or null for a shared table"
    )
    writers: tuple[Name, ...] = Field(
        default=(), description="roles that may change a shared table: [role, …]"
    )


class DatabaseSettings(Model):
    """Who may do what; config/defaults/database.yaml is the baseline of every environment."""

    name: Name
    master: MasterLogin = Field(description="{name: …, credential_version: …}")
    owner: Name = Field(description="the role that owns every object and never logs in")
    roles: Mapping[Name, RoleSettings] = Field(
        min_length=1, description="{name: {connection_limit: …, credential_version: …}}"
    )
    schemas: tuple[Name, ...] = Field(description="schemas beside public: [name, …]")
    default_privileges: tuple[Name, ...] = Field(
        description="schemas whose future tables and sequences are granted too: [name, …]"
    )
    extensions: tuple[str, ...] = Field(
        description="extensions that an RDS master may create: [name, …]"
    )
    tables: Mapping[TableName, TableSettings] = Field(
        description="{schema.table: {tenant: column}}"
    )
    ignored: Mapping[str, Reason] = Field(
        description="what drift detection leaves out, and why: {resource path: reason}"
    )
