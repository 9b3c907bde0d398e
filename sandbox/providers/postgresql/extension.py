"""Extensions of a database; an existing one is adopted, as by the real provider."""

from __future__ import annotations

from psycopg import sql

from sandbox.providers.postgresql.server import Server, fetch, identity, named_in
from sandbox.providers.resource_type import Created, Property, ResourceType
from sandbox.providers.wire import Properties

FORCE_NEW = "ForceNew in terraform-provider-postgresql, resource_postgresql_extension.go"

_READ = """
    SELECT n.nspname::text AS schema, e.extversion AS version
    FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = %s
"""


class Extension(ResourceType[Server]):
    """The real provider generates a name that matches no extension; here it is required."""

    token = "postgresql:index/extension:Extension"
    named_by = "name"
    properties = {
        "name": Property(required=True, replaces=FORCE_NEW),
        "database": Property(computed=True, replaces=FORCE_NEW),
        "schema": Property(computed=True, bound=True),
        "version": Property(computed=True, bound=True),
        "createCascade": Property(default=False),
        "dropCascade": Property(default=False),
    }

    def create(self, server: Server, inputs: Properties) -> Created:
        database, name = inputs.get("database") or server.database, inputs["name"]
        create = sql.SQL("CREATE EXTENSION IF NOT EXISTS {}").format(sql.Identifier(name))
        if schema := inputs.get("schema"):
            create += sql.SQL(" SCHEMA {}").format(sql.Identifier(schema))
        if version := inputs.get("version"):
            create += sql.SQL(" VERSION {}").format(sql.Identifier(version))
        if inputs["createCascade"]:
            create += sql.SQL(" CASCADE")
        with server.connection(database) as connection:
            connection.execute(create)
        return Created(f"{database}.{name}", {"database": database})

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        database, name = named_in(server, resource_id, state)
        with server.inside(database) as connection:
            row = fetch(connection, _READ, name) if connection else None
        if row is None:
            return None
        unreadable = {key: state.get(key, False) for key in ("createCascade", "dropCascade")}
        return {**row, **unreadable, **identity(database, name)}

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        alter = sql.SQL("ALTER EXTENSION {} ").format(sql.Identifier(inputs["name"]))
        with server.connection(state["database"]) as connection:
            if "schema" in changed:
                schema = sql.Identifier(inputs["schema"])
                connection.execute(alter + sql.SQL("SET SCHEMA {}").format(schema))
            if "version" in changed:
                version = sql.Identifier(inputs["version"])
                connection.execute(alter + sql.SQL("UPDATE TO {}").format(version))

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        database, name = named_in(server, resource_id, state)
        drop = sql.SQL("DROP EXTENSION {}").format(sql.Identifier(name))
        if state.get("dropCascade"):
            drop += sql.SQL(" CASCADE")
        with server.connection(database) as connection:
            connection.execute(drop)
