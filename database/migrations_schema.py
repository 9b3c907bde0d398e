"""Where the history of migrations lies: in a schema of its own, out of every role's reach."""

from __future__ import annotations

from database.catalog import DatabaseObject, ObjectType

NAME = "migration"
TABLE = DatabaseObject(ObjectType.TABLE, (NAME, "history"))
