"""Databases. Deleting one is DROP DATABASE WITH (FORCE), as in the real provider."""

from __future__ import annotations

from psycopg import sql

from sandbox.providers.postgresql.server import Server, acting_as, fetch
from sandbox.providers.resource_type import Created, NotFound, Property, ResourceType
from sandbox.providers.wire import Properties

FORCE_NEW = "ForceNew in terraform-provider-postgresql, resource_postgresql_database.go"

_READ = """
    SELECT d.datname AS name, r.rolname AS owner, pg_encoding_to_char(d.encoding) AS encoding,
           d.datcollate AS "lcCollate", d.datctype AS "lcCtype", t.spcname AS "tablespaceName",
           d.datconnlimit AS "connectionLimit", d.datallowconn AS "allowConnections",
           d.datistemplate AS "isTemplate"
    FROM pg_database d
    JOIN pg_roles r ON r.oid = d.datdba
    JOIN pg_tablespace t ON t.oid = d.dattablespace
    WHERE d.datname = %s
"""
# Options of CREATE DATABASE; ALTER DATABASE takes the last three as well.
_NAMES = {
    "owner": sql.SQL("OWNER {}"),
    "template": sql.SQL("TEMPLATE {}"),
    "tablespaceName": sql.SQL("TABLESPACE {}"),
}
_CONSTANTS = {
    "encoding": sql.SQL("ENCODING {}"),
    "lcCollate": sql.SQL("LC_COLLATE {}"),
    "lcCtype": sql.SQL("LC_CTYPE {}"),
}
_CHANGEABLE = {
    "connectionLimit": sql.SQL("CONNECTION LIMIT {}"),
    "allowConnections": sql.SQL("ALLOW_CONNECTIONS {}"),
    "isTemplate": sql.SQL("IS_TEMPLATE {}"),
}
_UNSTATED = {"template": "template0", "encoding": "UTF8"}
"""What the real provider says where the program says nothing."""


class Database(ResourceType[Server]):
    token = "postgresql:index/database:Database"
    named_by, autonames = "name", True
    properties = {
        "name": Property(bound=True),
        "owner": Property(computed=True, bound=True),
        "template": Property(computed=True, replaces=FORCE_NEW),
        "encoding": Property(computed=True, bound=True, replaces=FORCE_NEW),
        "lcCollate": Property(computed=True, bound=True, replaces=FORCE_NEW),
        "lcCtype": Property(computed=True, bound=True, replaces=FORCE_NEW),
        "tablespaceName": Property(computed=True, bound=True),
        "connectionLimit": Property(default=-1, bound=True),
        "allowConnections": Property(default=True, bound=True),
        "isTemplate": Property(computed=True, bound=True),
        "alterObjectOwnership": Property(default=False),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        limit = inputs["connectionLimit"]
        found = [
            (name, "DEFAULT reads back as another word and so differs for ever: name the value")
            for name in (*_CONSTANTS, "template", "tablespaceName")
            if str(inputs.get(name)).upper() == "DEFAULT"
        ]
        if isinstance(limit, int) and limit < -1:
            found.append(("connectionLimit", "must be -1 (no limit), 0 or more"))
        return found

    def create(self, server: Server, inputs: Properties) -> Created:
        wanted = {**_UNSTATED, **{name: value for name, value in inputs.items() if value != ""}}
        options = [
            *(
                option.format(sql.Identifier(wanted[name]))
                for name, option in _NAMES.items()
                if name in wanted
            ),
            *(
                option.format(sql.Literal(wanted[name]))
                for name, option in (_CONSTANTS | _CHANGEABLE).items()
                if name in wanted
            ),
        ]
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(inputs["name"]))
        with (
            server.connection(autocommit=True) as connection,
            acting_as(connection, server, inputs.get("owner") or None),
        ):
            connection.execute(sql.SQL(" ").join([statement, *options]))
        return Created(inputs["name"])

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        # Uses the name in the state: the id of a renamed database is updated by a refresh only.
        name = state.get("name", resource_id)
        with server.connection() as connection:
            row = fetch(connection, _READ, name)
        if row is None:
            return None
        unreadable = {
            "template": state.get("template") or _UNSTATED["template"],
            "alterObjectOwnership": state.get("alterObjectOwnership", False),
        }
        return {**row, **unreadable, "id": name}

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        old, name = state["name"], inputs["name"]
        if "owner" in changed and inputs["alterObjectOwnership"]:
            self._reassign(server, old, inputs["owner"])
        with server.connection(autocommit=True) as connection:
            if "name" in changed:
                names = sql.Identifier(old), sql.Identifier(name)
                connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(*names))
            alter = sql.SQL("ALTER DATABASE {} ").format(sql.Identifier(name))
            if "owner" in changed:
                owner = sql.Identifier(inputs["owner"])
                with acting_as(connection, server, inputs["owner"]):
                    connection.execute(alter + sql.SQL("OWNER TO {}").format(owner))
            if "tablespaceName" in changed:
                space = sql.Identifier(inputs["tablespaceName"])
                connection.execute(alter + sql.SQL("SET TABLESPACE {}").format(space))
            for key, option in _CHANGEABLE.items():
                if key in changed:
                    connection.execute(alter + option.format(sql.Literal(inputs[key])))

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        name = state.get("name", resource_id)
        identifier = sql.Identifier(name)
        with server.connection(autocommit=True) as connection:
            row = fetch(connection, _READ, name)
            if row is None:
                raise NotFound(name)
            with acting_as(connection, server, row["owner"]):
                if row["isTemplate"]:
                    connection.execute(
                        sql.SQL("ALTER DATABASE {} IS_TEMPLATE false").format(identifier)
                    )
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(identifier))

    def _reassign(self, server: Server, name: str, new: str) -> None:
        """Reassigns what the old owner owns in the database.

        REASSIGN OWNED also moves the old owner's other databases, which are shared objects, as
        with the real provider.
        """
        with server.connection(name) as connection:
            row = fetch(connection, _READ, name)
            if row is None or row["owner"] == new:
                return
            old = row["owner"]
            with acting_as(connection, server, new), acting_as(connection, server, old):
                connection.execute(
                    sql.SQL("REASSIGN OWNED BY {} TO {}").format(
                        sql.Identifier(old), sql.Identifier(new)
                    )
                )
