"""The types in which both the desired and the observed state of a database are told.

A catalog is a mapping from resource to entity. One shape fits roles, tables, functions and all
else: what a kind doesn't have stays empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from database.quoting import identifier

PUBLIC = "PUBLIC"
"""The grantee that everybody is."""


class ObjectType(StrEnum):
    ROLE = "role"
    DATABASE = "database"
    SCHEMA = "schema"
    EXTENSION = "extension"
    TABLE = "table"
    PARTITION = "partition"
    VIEW = "view"
    SEQUENCE = "sequence"
    FUNCTION = "function"
    DEFAULT = "default"
    """Default privileges: parts are the owner, the schema ('' = all) and the type of objects."""


RELATIONS = frozenset(
    {ObjectType.TABLE, ObjectType.PARTITION, ObjectType.VIEW, ObjectType.SEQUENCE}
)


@dataclass(frozen=True, order=True)
class DatabaseObject:
    """What a finding is about, as people name it."""

    kind: ObjectType
    parts: tuple[str, ...]

    def __str__(self) -> str:
        if self.kind in RELATIONS:
            return ".".join(self.parts)
        if self.kind is ObjectType.FUNCTION:
            schema, name, arguments = self.parts
            return f"function:{schema}.{name}({arguments})"
        return f"{self.kind}:{'/'.join(self.parts)}"

    @property
    def sql(self) -> str:
        """The object as a statement names it."""
        if self.kind is ObjectType.FUNCTION:
            schema, name, arguments = self.parts
            return f"{identifier(schema)}.{identifier(name)}({arguments})"
        return ".".join(identifier(part) for part in self.parts)


def role(name: str) -> DatabaseObject:
    return DatabaseObject(ObjectType.ROLE, (name,))


@dataclass(frozen=True, order=True)
class Privilege:
    """One privilege of one grantee, on the whole object or on one column."""

    grantee: str
    name: str
    column: str = ""

    @property
    def path(self) -> str:
        return f"grant/{self.grantee}/{self.name}" + (f"({self.column})" if self.column else "")


@dataclass(frozen=True)
class Policy:
    """A row-level security policy with all its attributes, as PostgreSQL prints them."""

    command: str = "ALL"
    permissive: bool = True
    roles: tuple[str, ...] = (PUBLIC,)
    using: str | None = None
    check: str | None = None

    def attributes(self) -> Mapping[str, str | None]:
        return {
            "command": self.command,
            "permissive": str(self.permissive).lower(),
            "roles": ", ".join(sorted(self.roles)),
            "using": self.using,
            "check": self.check,
        }


@dataclass(frozen=True)
class Entity:
    """What is true of one resource. Attributes that have their default are left out."""

    owner: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """`name`, or `database/name` for a role's setting in one database."""
    memberships: Mapping[str, bool] = field(default_factory=dict)
    """Role -> whether with the admin option."""
    grants: Mapping[Privilege, bool] = field(default_factory=dict)
    """Privilege -> whether with the grant option. The owner's own are left out."""
    policies: Mapping[str, Policy] = field(default_factory=dict)


Catalog = Mapping[DatabaseObject, Entity]

DEFAULTS: Mapping[ObjectType, Mapping[str, str]] = {
    ObjectType.ROLE: {
        "login": "false",
        "superuser": "false",
        "createdb": "false",
        "createrole": "false",
        "inherit": "true",
        "replication": "false",
        "bypassrls": "false",
        "connection_limit": "-1",
        "valid_until": "infinity",
    },
    ObjectType.TABLE: {"row_level_security": "false", "force_row_level_security": "false"},
    ObjectType.PARTITION: {"row_level_security": "false", "force_row_level_security": "false"},
    ObjectType.VIEW: {"security_invoker": "false"},
    ObjectType.FUNCTION: {"security_definer": "false"},
}
"""The attributes that count and the value that each has unless somebody says otherwise."""
