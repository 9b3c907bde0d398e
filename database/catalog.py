"""Types for the desired and the observed state of a database.

A catalog maps database objects to entities. One type of entity describes roles, tables, functions
and all other objects: fields that an object type does not have stay empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from database.quoting import identifier

PUBLIC = "PUBLIC"
"""The pseudo-role that includes every role."""


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
    """Default privileges: the parts are owner, schema ('' = all) and type of objects."""


RELATIONS = frozenset(
    {ObjectType.TABLE, ObjectType.PARTITION, ObjectType.VIEW, ObjectType.SEQUENCE}
)


@dataclass(frozen=True, order=True)
class DatabaseObject:
    """An object in the database: its type and the parts of its name."""

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
        """The quoted name for SQL statements."""
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
    """A row-level security policy, with expressions as PostgreSQL prints them."""

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
    """The state of one database object. Attributes with their default value are omitted."""

    owner: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)
    """By `name`, or `database/name` for a role's setting in one database."""
    memberships: Mapping[str, bool] = field(default_factory=dict)
    """Role -> whether granted with the admin option."""
    grants: Mapping[Privilege, bool] = field(default_factory=dict)
    """Privilege -> whether granted with the grant option. The owner's privileges are omitted."""
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
"""The compared attributes of each object type, with their default values."""
