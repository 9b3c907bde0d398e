"""Databases. Deleting one is DROP DATABASE WITH (FORCE), as in the real provider."""

from __future__ import annotations

from typing import Any

from psycopg import sql

from sandbox.plugins.kind import Created, Gone, Kind, Property
from sandbox.plugins.postgresql.server import Server, acting_as
from sandbox.plugins.wire import Properties

FORCE_NEW = "ForceNew in cyrilgdn/terraform-provider-postgresql"

_READ = """
    SELECT d.datname, r.rolname, pg_encoding_to_char(d.encoding), d.datcollate, d.datctype,
           t.spcname, d.datconnlimit, d.datallowconn, d.datistemplate
    FROM pg_database d
    JOIN pg_roles r ON r.oid = d.datdba
    JOIN pg_tablespace t ON t.oid = d.dattablespace
    WHERE d.datname = %s
"""


class Database(Kind[Server]):
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

    def create(self, server: Server, inputs: Properties) -> Created:
        options = [sql.SQL("")]
        for keyword, name in (
            ("OWNER", "owner"),
            ("TEMPLATE", "template"),
            ("TABLESPACE", "tablespaceName"),
        ):
            if inputs.get(name):
                options.append(_option(keyword, sql.Identifier(inputs[name])))
        for keyword, name in (
            ("ENCODING", "encoding"),
            ("LC_COLLATE", "lcCollate"),
            ("LC_CTYPE", "lcCtype"),
            ("CONNECTION LIMIT", "connectionLimit"),
            ("ALLOW_CONNECTIONS", "allowConnections"),
            ("IS_TEMPLATE", "isTemplate"),
        ):
            if inputs.get(name) is not None:
                options.append(_option(keyword, sql.Literal(inputs[name])))
        statement = sql.SQL("CREATE DATABASE {}").format(sql.Identifier(inputs["name"]))
        with (
            server.connection(autocommit=True) as connection,
            acting_as(connection, server, inputs.get("owner")),
        ):
            connection.execute(sql.SQL(" ").join([statement, *options[1:]]))
        return Created(inputs["name"])

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        with server.connection() as connection:
            row = connection.execute(_READ, (resource_id,)).fetchone()
        if row is None:
            return None
        names = ("name", "owner", "encoding", "lcCollate", "lcCtype", "tablespaceName")
        limits = ("connectionLimit", "allowConnections", "isTemplate")
        return {**dict(zip((*names, *limits), row, strict=True)), "id": row[0]}

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        name = sql.Identifier(inputs["name"])
        with server.connection(autocommit=True) as connection:
            if "name" in changed:
                old = sql.Identifier(state["name"])
                connection.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(old, name))
            alter = sql.SQL("ALTER DATABASE {} ").format(name)
            if "owner" in changed:
                owner = sql.Identifier(inputs["owner"])
                with acting_as(connection, server, inputs["owner"]):
                    connection.execute(alter + sql.SQL("OWNER TO {}").format(owner))
            if "tablespaceName" in changed:
                space = sql.Identifier(inputs["tablespaceName"])
                connection.execute(alter + sql.SQL("SET TABLESPACE {}").format(space))
            for keyword, key in (
                ("CONNECTION LIMIT", "connectionLimit"),
                ("ALLOW_CONNECTIONS", "allowConnections"),
                ("IS_TEMPLATE", "isTemplate"),
            ):
                if key in changed:
                    connection.execute(alter + _option(keyword, sql.Literal(inputs[key])))

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        name = sql.Identifier(resource_id)
        with server.connection(autocommit=True) as connection:
            if connection.execute(_READ, (resource_id,)).fetchone() is None:
                raise Gone(resource_id)
            with acting_as(connection, server, state.get("owner")):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


def _option(keyword: str, value: sql.Composable) -> Any:
    return sql.SQL(keyword) + sql.SQL(" ") + value
