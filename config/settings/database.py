"""Settings of the PostgreSQL database: roles, grants, schemas, extensions, row-level security.

config/defaults/database.yaml is the baseline of every environment.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.model import Model
from config.settings.types import IDENTIFIER, CredentialVersion

DatabasePrivilege = Literal["CONNECT", "CREATE", "TEMPORARY"]
SchemaPrivilege = Literal["USAGE", "CREATE"]
TablePrivilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE"]
"""TRUNCATE is missing on purpose: it bypasses row-level security."""
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
Reason = Annotated[str, Field(min_length=10, description="a reason of at least 10 characters")]


class MasterLogin(Model):
    name: Annotated[str, Field(max_length=16)] = Field(
        pattern=rf"^{IDENTIFIER}$",
        description="a lower-case name of at most 16 characters, which is all that RDS accepts",
    )
    credential_version: CredentialVersion


class RoleGrants(Model):
    """A role's privileges on the database, its schemas, and their tables and sequences."""

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
    """A login role."""

    connection_limit: int = Field(
        ge=1, description="the maximum number of concurrent connections of the role, from 1"
    )
    credential_version: CredentialVersion
    member_of: tuple[Name, ...] = Field(
        default=(), description="roles that it is a member of: [role, …]"
    )
    settings: Mapping[str, str] = Field(
        default_factory=dict,
        description='parameters set with ALTER ROLE … SET: {statement_timeout: "30000"}',
    )
    grants: RoleGrants = Field(
        default_factory=lambda: RoleGrants(),
        description="{database: […], schemas: {…}, tables: {…}}",
    )


class TableSettings(Model):
    """A table's row-level security: one tenant per row, or a shared table."""

    tenant: Name | None = Field(
        description="the column with the organization's id, or null for a shared table"
    )
    writers: tuple[Name, ...] = Field(
        default=(), description="roles that may write to a shared table: [role, …]"
    )


class DatabaseSettings(Model):
    """The desired state of the database: whatever else is found in it is drift."""

    name: Name
    master: MasterLogin = Field(description="{name: …, credential_version: …}")
    owner: Name = Field(description="the role that owns every object and never logs in")
    roles: Mapping[Name, RoleSettings] = Field(
        min_length=1, description="{name: {connection_limit: …, credential_version: …}}"
    )
    schemas: tuple[Name, ...] = Field(description="schemas besides public: [name, …]")
    default_privileges: tuple[Name, ...] = Field(
        description="schemas whose future tables and sequences get the same grants: [name, …]"
    )
    extensions: tuple[str, ...] = Field(
        description="extensions that the RDS master user can create: [name, …]"
    )
    tables: Mapping[TableName, TableSettings] = Field(
        description="{schema.table: {tenant: column}}"
    )
    ignored: Mapping[str, Reason] = Field(
        description="what drift detection ignores, and why: {resource path: reason}"
    )
