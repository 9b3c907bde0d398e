"""Schemas of a database. An existing one is adopted, as by the real provider."""

from __future__ import annotations

from psycopg import sql

from sandbox.providers.postgresql.server import (
    Server,
    acting_as,
    fetch,
    has_schema,
    identity,
    named_in,
)
from sandbox.providers.resource_type import Created, NotFound, Property, ResourceType
from sandbox.providers.wire import Properties

FORCE_NEW = "ForceNew in terraform-provider-postgresql, resource_postgresql_schema.go"

_READ = "SELECT pg_get_userbyid(nspowner)::text AS owner FROM pg_namespace WHERE nspname = %s"
_DATABASE_OWNER = """
    SELECT pg_get_userbyid(datdba)::text AS owner FROM pg_database
    WHERE datname = current_database()
"""


class Schema(ResourceType[Server]):
    """`ifNotExists` only guards against a race: an existing schema is never an error."""

    token = "postgresql:index/schema:Schema"
    named_by, autonames = "name", True
    properties = {
        "name": Property(bound=True),
        "database": Property(computed=True, replaces=FORCE_NEW),
        "owner": Property(computed=True, bound=True),
        "ifNotExists": Property(default=True),
        "dropCascade": Property(default=False),
    }

    def create(self, server: Server, inputs: Properties) -> Created:
        database, name = inputs.get("database") or server.database, inputs["name"]
        owner = inputs.get("owner") or None
        with server.connection(database) as connection:
            row = fetch(connection, _DATABASE_OWNER)
            with (
                acting_as(connection, server, row["owner"] if row else None),
                acting_as(connection, server, owner),
            ):
                if not has_schema(connection, name):
                    connection.execute(_create(name, owner, guarded=inputs["ifNotExists"]))
                elif owner:
                    connection.execute(_change_owner(name, owner))
        return Created(f"{database}.{name}", {"database": database})

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        # Uses the name in the state: the id of a renamed schema is updated by a refresh only.
        database, name = named_in(server, resource_id, state)
        with server.inside(database) as connection:
            row = fetch(connection, _READ, name) if connection else None
        if row is None:
            return None
        unreadable = {
            key: state.get(key, self.properties[key].default)
            for key in ("ifNotExists", "dropCascade")
        }
        return {**row, **unreadable, **identity(database, name)}

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Adds no membership: a login that is not a member of the owner is refused."""
        name = inputs["name"]
        with server.connection(state["database"]) as connection:
            if "name" in changed:
                names = sql.Identifier(state["name"]), sql.Identifier(name)
                connection.execute(sql.SQL("ALTER SCHEMA {} RENAME TO {}").format(*names))
            if "owner" in changed:
                connection.execute(_change_owner(name, inputs["owner"]))

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        database, name = named_in(server, resource_id, state)
        drop = sql.SQL("DROP SCHEMA {} CASCADE" if state.get("dropCascade") else "DROP SCHEMA {}")
        with server.connection(database) as connection:
            if not has_schema(connection, name):
                raise NotFound(name)
            with acting_as(connection, server, state.get("owner") or None):
                connection.execute(drop.format(sql.Identifier(name)))


def _create(name: str, owner: str | None, *, guarded: bool) -> sql.Composed:
    guard = sql.SQL("IF NOT EXISTS " if guarded else "")
    rest = sql.SQL(" AUTHORIZATION {}").format(sql.Identifier(owner)) if owner else sql.SQL("")
    return sql.SQL("CREATE SCHEMA {}{}{}").format(guard, sql.Identifier(name), rest)


def _change_owner(name: str, owner: str) -> sql.Composed:
    names = sql.Identifier(name), sql.Identifier(owner)
    return sql.SQL("ALTER SCHEMA {} OWNER TO {}").format(*names)
