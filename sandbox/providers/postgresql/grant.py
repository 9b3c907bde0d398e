"""Privileges of a role on a database, a schema, or objects of a schema.

Reads what the real provider reads. Like it, this misses grants on views and partitioned tables, on
functions named with a signature, grant options, column privileges, and every grant to a role or on
an object that no resource names.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import LiteralString, cast

from psycopg import sql

from sandbox.providers.postgresql import privileges
from sandbox.providers.postgresql.server import Connection, Server, acting_as, lock
from sandbox.providers.resource_type import Created, Property, ResourceType
from sandbox.providers.wire import Properties, has_unknown

FORCE_NEW = "ForceNew in terraform-provider-postgresql, resource_postgresql_grant.go"

# The real provider also supports column grants and foreign servers; nothing here uses them.
_ROUTINES = ("function", "procedure", "routine")
_TYPES = ("database", "schema", "table", "sequence", *_ROUTINES)
_KEYWORDS = {
    "table": (sql.SQL("TABLE"), sql.SQL("ALL TABLES IN SCHEMA {}")),
    "sequence": (sql.SQL("SEQUENCE"), sql.SQL("ALL SEQUENCES IN SCHEMA {}")),
    "function": (sql.SQL("FUNCTION"), sql.SQL("ALL FUNCTIONS IN SCHEMA {}")),
    "procedure": (sql.SQL("PROCEDURE"), sql.SQL("ALL PROCEDURES IN SCHEMA {}")),
    "routine": (sql.SQL("ROUTINE"), sql.SQL("ALL ROUTINES IN SCHEMA {}")),
}

_READ = """
    SELECT name, array_remove(array_agg(DISTINCT a.privilege_type), NULL) AS granted
    FROM ({}) AS o (name, acl) LEFT JOIN LATERAL aclexplode(o.acl) a ON a.grantee = %(grantee)s
    GROUP BY name ORDER BY name
"""
_RELATIONS = """
    SELECT c.relname, c.relacl FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE n.nspname = %(schema)s AND c.relkind = {}
"""
# Routines are identified by name alone: one overload's privileges represent all of them.
_READ_ROUTINES = sql.SQL(_READ).format(
    sql.SQL("""SELECT p.proname, p.proacl FROM pg_proc p
               JOIN pg_namespace n ON n.oid = p.pronamespace WHERE n.nspname = %(schema)s""")
)
_READS = {
    "database": sql.SQL(_READ).format(
        sql.SQL("SELECT datname, datacl FROM pg_database WHERE datname = %(database)s")
    ),
    "schema": sql.SQL(_READ).format(
        sql.SQL("SELECT nspname, nspacl FROM pg_namespace WHERE nspname = %(schema)s")
    ),
    "table": sql.SQL(_READ).format(sql.SQL(_RELATIONS).format(sql.Literal("r"))),
    "sequence": sql.SQL(_READ).format(sql.SQL(_RELATIONS).format(sql.Literal("S"))),
    **dict.fromkeys(_ROUTINES, _READ_ROUTINES),
}
_OWNERS = """
    SELECT DISTINCT r.rolname AS owner FROM (
        SELECT nspowner FROM pg_namespace WHERE nspname = %(schema)s
        UNION SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname = %(schema)s AND c.relkind IN ('r', 'p') AND %(objects)s
    ) AS o (owner)
    JOIN pg_roles named ON named.oid = o.owner
    JOIN pg_database d ON d.datname = current_database()
    JOIN pg_roles r ON r.oid = CASE named.rolname WHEN 'pg_database_owner' THEN d.datdba
                                                  ELSE named.oid END
    ORDER BY 1
"""

# A signature is inserted into the statement verbatim, so only type names are allowed.
_TYPE = r"[A-Za-z_][\w.]*(?: [A-Za-z_]\w*)*(?:\[\])*"
_SIGNATURE = re.compile(rf"[^()]+(?P<arguments>\((?:{_TYPE}(?:, ?{_TYPE})*)?\))?")


class Grant(ResourceType[Server]):
    token = "postgresql:index/grant:Grant"
    deletes_first = True
    properties = {
        "role": Property(required=True, replaces=FORCE_NEW),
        "database": Property(required=True, replaces=FORCE_NEW),
        "schema": Property(replaces=FORCE_NEW),
        "objectType": Property(required=True, replaces=FORCE_NEW),
        "objects": Property(unordered=True, replaces=FORCE_NEW),
        "privileges": Property(required=True, bound=True, unordered=True),
        "withGrantOption": Property(default=False, replaces=FORCE_NEW),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = privileges.faults(inputs, _TYPES)
        object_type, objects = inputs["objectType"], inputs.get("objects")
        if found or has_unknown(object_type):
            return found
        if object_type != "database" and not inputs.get("schema"):
            found.append(("schema", f"a grant on a {object_type} needs it"))
        if object_type in ("database", "schema") and objects:
            found.append(("objects", f"a grant on a {object_type} takes none"))
        if object_type in _ROUTINES and not has_unknown(objects):
            found += [
                ("objects", f"{name} must be a name, or a name and types: f(integer, text[])")
                for name in objects or ()
                if not _SIGNATURE.fullmatch(name)
            ]
        return found

    def create(self, server: Server, inputs: Properties) -> Created:
        self._set(server, inputs, inputs["privileges"], inputs["privileges"])
        return Created(_id(inputs))

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        if not state:
            raise ValueError("grants cannot be imported, by the real provider neither")
        database, schema = state["database"], state.get("schema")
        with server.inside(database) as connection:
            grantee = privileges.grantee(connection, state["role"], schema)
            if connection is None or grantee is None:
                return None
            values = {"grantee": grantee, "database": database, "schema": schema}
            rows = connection.execute(_READS[state["objectType"]], values).fetchall()
        # Of several objects only the first that differs is reported.
        reported = wanted = state["privileges"]
        for row in rows:
            if not state.get("objects") or row["name"] in state["objects"]:
                reported = privileges.seen(state["objectType"], wanted, row["granted"])
                if reported != wanted:
                    break
        return {"privileges": reported, "id": _id(state)}

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        self._set(server, inputs, state["privileges"], inputs["privileges"])

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        self._set(server, state, state["privileges"], [])

    def _set(self, server: Server, inputs: Properties, old: list[str], new: list[str]) -> None:
        """Revokes and grants in one transaction, so no privilege is missing in between."""
        target, role = _target(inputs), sql.Identifier(inputs["role"])
        # For named objects only what was granted is revoked: ALL would include column grants.
        named = bool(inputs.get("objects")) and bool(old)
        taken = privileges.words(old) if named else sql.SQL("ALL PRIVILEGES")
        with server.connection(inputs["database"]) as connection, ExitStack() as owners:
            lock(connection)
            for owner in _owners(connection, inputs):
                owners.enter_context(acting_as(connection, server, owner))
            connection.execute(sql.SQL("REVOKE {} ON {} FROM {}").format(taken, target, role))
            if new:
                option = sql.SQL(" WITH GRANT OPTION" if inputs.get("withGrantOption") else "")
                given = privileges.words(new)
                grant = sql.SQL("GRANT {} ON {} TO {}{}").format(given, target, role, option)
                connection.execute(grant)


def _id(inputs: Properties) -> str:
    parts = [inputs["role"], inputs["database"]]
    if inputs["objectType"] != "database":
        parts.append(inputs["schema"])
    return "_".join([*parts, inputs["objectType"], *sorted(inputs.get("objects") or ())])


def _target(inputs: Properties) -> sql.Composed:
    """The target of the privileges in the syntax of GRANT and REVOKE."""
    object_type, schema = inputs["objectType"], inputs.get("schema") or ""
    if object_type == "database":
        return sql.SQL("DATABASE {}").format(sql.Identifier(inputs["database"]))
    if object_type == "schema":
        return sql.SQL("SCHEMA {}").format(sql.Identifier(schema))
    keyword, every = _KEYWORDS[object_type]
    if not inputs.get("objects"):
        return every.format(sql.Identifier(schema))
    objects = [_object(object_type, schema, name) for name in sorted(inputs["objects"])]
    return sql.SQL("{} {}").format(keyword, sql.SQL(", ").join(objects))


def _object(object_type: str, schema: str, name: str) -> sql.Composable:
    signature = _SIGNATURE.fullmatch(name) if object_type in _ROUTINES else None
    arguments = (signature and signature["arguments"]) or ""
    identifier = sql.Identifier(schema, name.removesuffix(arguments))
    return identifier + sql.SQL(cast(LiteralString, arguments))


def _owners(connection: Connection, inputs: Properties) -> list[str]:
    """The roles that may grant: the schema's owner, and for objects the owners of its tables.

    For databases the real provider relies on the login's own privileges.
    """
    if inputs["objectType"] == "database":
        return []
    values = {"schema": inputs["schema"], "objects": inputs["objectType"] != "schema"}
    return [row["owner"] for row in connection.execute(_OWNERS, values).fetchall()]
