"""Privileges by type of object, as Grant and DefaultPrivileges check, compare and say them."""

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
    """What of `objectType` and `privileges` the real provider or PostgreSQL would refuse."""
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
    """What a read reports: the wanted privileges in their own words where they are the granted."""
    everything = set(_ALLOWED[object_type]) if "ALL" in wanted else None
    if set(granted) in (set(wanted), everything):
        return list(wanted)
    return sorted(granted)


def words(privileges: Iterable[str]) -> sql.Composed:
    return sql.SQL(", ").join(_WORDS[word] for word in sorted(privileges))


def grantee(connection: Connection | None, role: str, schema: str | None) -> int | None:
    """The role as access lists name it: by its oid, which is 0 for all roles.

    None when the database, the schema or the role is no more: then the grant is none either.
    """
    if connection is None or (schema and not has_schema(connection, schema)):
        return None
    if role == PUBLIC:
        return 0
    row = fetch(connection, "SELECT oid::bigint AS oid FROM pg_roles WHERE rolname = %s", role)
    return row["oid"] if row else None
