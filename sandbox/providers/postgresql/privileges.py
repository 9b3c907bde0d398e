"""Privileges by type of object: validation, comparison and SQL for Grant and DefaultPrivileges."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from psycopg import sql

from sandbox.providers.postgresql.server import Connection, fetch, has_schema
from sandbox.providers.wire import Properties, has_unknown

PUBLIC = "public"
"""The name that stands for all roles; PostgreSQL takes it even quoted."""

_ALLOWED = {
    "database": ("CREATE", "CONNECT", "TEMPORARY"),
    "schema": ("CREATE", "USAGE"),
    "table": ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER"),
    "sequence": ("USAGE", "SELECT", "UPDATE"),
    "function": ("EXECUTE",),
    "procedure": ("EXECUTE",),
    "routine": ("EXECUTE",),
    "type": ("USAGE",),
}
_WORDS = {word: sql.SQL(word) for words in (*_ALLOWED.values(), ("ALL",)) for word in words}


def faults(inputs: Properties, types: Collection[str]) -> list[tuple[str, str]]:
    """Errors in `objectType` and `privileges` by the real provider's or PostgreSQL's rules."""
    object_type, privileges = inputs["objectType"], inputs["privileges"]
    if has_unknown(object_type) or has_unknown(privileges):
        return []
    if object_type not in types:
        return [("objectType", f"{object_type} is none of those known here: {', '.join(types)}")]
    allowed = ("ALL", *_ALLOWED[object_type])
    return [
        ("privileges", f"{word} is none of a {object_type}: {', '.join(allowed)}, in capitals")
        for word in privileges
        if word not in allowed
    ]


def seen(object_type: str, wanted: Iterable[str], granted: Iterable[str]) -> list[str]:
    """The result of a read: the program's spelling where it means the granted privileges."""
    everything = set(_ALLOWED[object_type]) if "ALL" in wanted else None
    if set(granted) in (set(wanted), everything):
        return list(wanted)
    return sorted(granted)


def words(privileges: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(_WORDS[word] for word in sorted(privileges))


def grantee(connection: Connection | None, role: str, schema: str | None) -> int | None:
    """The role's oid as in access control lists: 0 for PUBLIC.

    None if the database, the schema or the role no longer exists, and so neither does the grant.
    """
    if connection is None or (schema and not has_schema(connection, schema)):
        return None
    if role == PUBLIC:
        return 0
    row = fetch(connection, "SELECT oid::bigint AS oid FROM pg_roles WHERE rolname = %s", role)
    return row["oid"] if row else None
