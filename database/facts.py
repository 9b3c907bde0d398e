"""The observed catalog of a database, read from pg_catalog by seven queries in one snapshot."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any

import psycopg

from database.catalog import (
    DEFAULTS,
    Catalog,
    DatabaseObject,
    Entity,
    ObjectType,
    Policy,
    Privilege,
    role,
)

Row = tuple[Any, ...]
Connection = psycopg.Connection[Row]


@dataclass(frozen=True)
class Facts:
    """The observed catalog, and the facts that decide who can repair it."""

    catalog: Catalog
    superusers_settings: frozenset[str] = frozenset()
    """Settings in the catalog that only a superuser can change."""

    def is_superuser(self, name: str) -> bool:
        entity = self.catalog.get(role(name))
        return entity is not None and entity.attributes.get("superuser") == "true"

    def is_member(self, name: str, group: str, seen: frozenset[str] = frozenset()) -> bool:
        """Whether a role is a direct or indirect member of another, or the same."""
        if name == group:
            return True
        entity = self.catalog.get(role(name), Entity())
        return any(
            self.is_member(each, group, seen | {name}) for each in entity.memberships.keys() - seen
        )


@dataclass
class _Gathering:
    owner: str = ""
    attributes: dict[str, str] = field(default_factory=dict)
    settings: dict[str, str] = field(default_factory=dict)
    memberships: dict[str, bool] = field(default_factory=dict)
    grants: dict[Privilege, bool] = field(default_factory=dict)
    policies: dict[str, Policy] = field(default_factory=dict)


def read(connection: Connection, owner: str) -> Facts:
    """The facts of the connected database. `owner` is the role whose default privileges count."""
    found: defaultdict[DatabaseObject, _Gathering] = defaultdict(_Gathering)
    superusers: set[str] = set()
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        # printing a policy takes a lock on its table
        connection.execute("SET LOCAL lock_timeout TO '10s'")
        # with an empty search_path, expressions are printed with qualified names
        connection.execute("SET LOCAL search_path TO pg_catalog")
        for name, attributes, memberships in _rows(connection, "roles"):
            found[role(name)].attributes = _counting(ObjectType.ROLE, attributes)
            found[role(name)].memberships = memberships
        for member, database, name, value, by_superuser in _rows(connection, "settings"):
            if member is None:
                found[DatabaseObject(ObjectType.DATABASE, (database,))].settings[name] = value
            else:
                path = f"{database}/{name}" if database else name
                found[role(member)].settings[path] = value
            if by_superuser:
                superusers.add(name)
        for kind, parts, owned_by, attributes in _rows(connection, "objects"):
            entity = found[_resource(kind, parts)]
            entity.owner, entity.attributes = owned_by, _counting(ObjectType(kind), attributes)
        for kind, parts, grantee, privilege, column, option in _rows(connection, "grants"):
            key = Privilege(grantee, privilege, column)
            found[_resource(kind, parts)].grants[key] = option
        for row in _rows(connection, "policies"):
            schema, table, partition, name, *attributes = row
            kind = ObjectType.PARTITION if partition else ObjectType.TABLE
            found[DatabaseObject(kind, (schema, table))].policies[name] = _policy(attributes)
        for parts, name, value in _rows(connection, "functions"):
            found[_resource("function", parts)].settings[name] = value
        for owned_by, schema, kind, grantee, privilege, option in _rows(
            connection, "defaults", owner=owner
        ):
            key = Privilege(grantee, privilege)
            found[DatabaseObject(ObjectType.DEFAULT, (owned_by, schema, kind))].grants[key] = option
    catalog = {resource: Entity(**vars(entity)) for resource, entity in found.items()}
    return Facts(catalog, frozenset(superusers))


def _rows(connection: Connection, name: str, **values: str) -> Iterator[Row]:
    yield from connection.execute(query(name), values or None)


@cache
def query(name: str) -> bytes:
    return (files("database") / "sql" / f"{name}.sql").read_bytes()


def _resource(kind: str, parts: list[str]) -> DatabaseObject:
    return DatabaseObject(ObjectType(kind), tuple(parts))


def _counting(kind: ObjectType, attributes: dict[str, str]) -> dict[str, str]:
    """The compared attributes that differ from their default."""
    defaults = DEFAULTS.get(kind, {})
    return {name: value for name, value in attributes.items() if value != defaults[name]}


def _policy(attributes: list[Any]) -> Policy:
    command, permissive, roles, using, check = attributes
    return Policy(command, permissive, tuple(roles), using, check)
