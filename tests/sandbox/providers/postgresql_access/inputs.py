"""Inputs of grants, schemas and memberships."""

from __future__ import annotations

from typing import Any

from sandbox.providers.wire import Properties
from tests.sandbox.providers.postgresql_provider import (
    Running,
)

APP = "nexus"


def grant(object_type: str, *privileges: str, **more: Any) -> Properties:
    return {
        "role": "reader",
        "database": APP,
        "objectType": object_type,
        "privileges": list(privileges),
        **({"schema": "workflow"} if object_type != "database" else {}),
        **more,
    }


def defaults(*privileges: str, **more: Any) -> Properties:
    return {**grant("table", *privileges), "owner": "migrator", **more}


MEMBER = {"role": "reader", "grantRole": "other"}

SPARE = {"name": "spare", "database": APP, "owner": "migrator"}

TRIGRAMS = {"name": "pg_trgm", "database": APP, "schema": "audit", "version": "1.6"}

ORDERS = grant("table", "SELECT", objects=["orders"])

EVERY_TABLE = grant("table", "SELECT")


def heads(paths: set[str]) -> set[str]:
    return {path.partition("[")[0] for path in paths}


# -- grants ------------------------------------------------------------------------------------


def access(server: Running, relation: str) -> set[str]:
    """Who was given what on an object of the schema: entries of its access list."""
    rows = server.behind(
        "SELECT unnest(relacl)::text, relname FROM pg_class "
        "WHERE relnamespace = 'workflow'::regnamespace",
        inside=APP,
    )
    return {entry for entry, name in rows if name == relation} - {"migrator=arwdDxt/migrator"}
