"""The settings of who may do what inside PostgreSQL; config/access.yaml is their baseline."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from config.model import IDENTIFIER, Generation, Model

DatabasePrivilege = Literal["CONNECT", "CREATE", "TEMPORARY"]
SchemaPrivilege = Literal["USAGE", "CREATE"]
TablePrivilege = Literal["SELECT", "INSERT", "UPDATE", "DELETE", "REFERENCES", "TRIGGER"]
"""Never TRUNCATE: it ignores row-level security."""
SequencePrivilege = Literal["USAGE", "SELECT", "UPDATE"]
FunctionPrivilege = Literal["EXECUTE"]

Name = Annotated[
    str, Field(pattern=IDENTIFIER, description="a lower-case name of at most 63 characters")
]


class Master(Model):
    name: Name
    generation: Generation


class Role(Model):
    login: bool = Field(True, description="true if the role logs in, else false")
    connection_limit: int = Field(
        ge=1, description="how many connections the role may hold at once, from 1"
    )
    generation: Generation
    memberships: tuple[Name, ...] = Field((), description="roles that it is a member of: [name]")
    settings: Mapping[str, str] = Field(
        default_factory=dict,
        description='its own settings as quoted texts: {statement_timeout: "30s"}',
    )


class Extension(Model):
    in_schema: Name = Field("public", alias="schema")


class SchemaGrants(Model):
    """Privileges spelled out; on tables, sequences and functions by name, never on partitions."""

    on_schema: tuple[SchemaPrivilege, ...] = Field(
        ("USAGE",), alias="schema", description="privileges on the schema itself: [USAGE]"
    )
    tables: tuple[TablePrivilege, ...] = Field(
        (), description="privileges on its tables and views, such as [SELECT]"
    )
    sequences: tuple[SequencePrivilege, ...] = Field(
        (), description="privileges on its sequences, such as [USAGE]"
    )
    functions: tuple[FunctionPrivilege, ...] = Field(
        (), description="privileges on its functions: [EXECUTE]"
    )


class RoleGrants(Model):
    database: tuple[DatabasePrivilege, ...] = Field(
        ("CONNECT",), description="privileges on the database, such as [CONNECT]"
    )
    schemas: Mapping[Name, SchemaGrants] = Field(
        default_factory=dict, description="{schema: {tables: […], sequences: […]}}"
    )


class Access(Model):
    """Who may log in and what each may do; config/access.yaml is the baseline everywhere."""

    database: Name
    master: Master = Field(description="{name: …, generation: …}")
    owner: Name = Field(description="the one of the roles that owns the database and its objects")
    roles: Mapping[Name, Role] = Field(
        min_length=1, description="{name: {connection_limit: …, generation: …}}"
    )
    schemas: tuple[Name, ...] = Field(
        (), description="schemas besides public, such as [workflow, audit]"
    )
    extensions: Mapping[str, Extension] = Field(
        default_factory=dict, description="{name: {schema: …}}"
    )
    grants: Mapping[Name, RoleGrants] = Field(
        default_factory=dict, description="{role: {database: […], schemas: {…}}}"
    )
    secret_recovery_days: int = Field(
        ge=7, le=30, description="days in which a deleted secret can be restored, 7 to 30"
    )
