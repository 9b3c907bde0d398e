"""Where the history of migrations lies: in a schema of its own, out of every role's reach."""

from __future__ import annotations

from database.catalogue import Kind, Resource

NAME = "migration"
TABLE = Resource(Kind.TABLE, (NAME, "history"))
