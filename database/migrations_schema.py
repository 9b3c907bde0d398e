"""The location of the migration history: a separate schema on which no role has privileges."""

from __future__ import annotations

from database.catalog import DatabaseObject, ObjectType

NAME = "migration"
TABLE = DatabaseObject(ObjectType.TABLE, (NAME, "history"))
