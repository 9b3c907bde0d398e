"""Roles: attributes, memberships and settings, with what the real provider sees of them.

A password is never read back: one that was changed by hand is missed, as by the real provider.
"""

from __future__ import annotations

from typing import Any

from psycopg import sql

from sandbox.plugins.kind import Created, Gone, Kind, Property
from sandbox.plugins.postgresql.server import Connection, Server, acting_as
from sandbox.plugins.wire import Properties

_READ = """
    SELECT rolname, rolsuper, rolcreatedb, rolcreaterole, rolinherit, rolcanlogin,
           rolreplication, rolbypassrls, rolconnlimit,
           COALESCE(rolvaliduntil::text, 'infinity'),
           COALESCE(rolconfig, '{}'),
           ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                 WHERE m.member = r.oid ORDER BY 1)
    FROM pg_roles r WHERE rolname = %s
"""
_ATTRIBUTES = {
    "superuser": "SUPERUSER",
    "createDatabase": "CREATEDB",
    "createRole": "CREATEROLE",
    "inherit": "INHERIT",
    "login": "LOGIN",
    "replication": "REPLICATION",
    "bypassRowLevelSecurity": "BYPASSRLS",
}
_READ_ORDER = (
    *("name", "superuser", "createDatabase", "createRole", "inherit", "login"),
    *("replication", "bypassRowLevelSecurity", "connectionLimit", "validUntil"),
)
_SETTINGS = {
    "searchPaths": "search_path",
    "statementTimeout": "statement_timeout",
    "idleInTransactionSessionTimeout": "idle_in_transaction_session_timeout",
    "assumeRole": "role",
}
_UNLIMITED, _FOREVER = -1, "infinity"


class Role(Kind[Server]):
    token = "postgresql:index/role:Role"
    named_by, autonames = "name", True
    properties = {
        "name": Property(bound=True),
        "login": Property(default=False, bound=True),
        "password": Property(secret=True),
        "encryptedPassword": Property(default=True),
        "superuser": Property(default=False, bound=True),
        "createDatabase": Property(default=False, bound=True),
        "createRole": Property(default=False, bound=True),
        "inherit": Property(default=True, bound=True),
        "replication": Property(default=False, bound=True),
        "bypassRowLevelSecurity": Property(default=False, bound=True),
        "connectionLimit": Property(default=_UNLIMITED, bound=True),
        "validUntil": Property(default=_FOREVER, bound=True),
        "roles": Property(default=[], bound=True, unordered=True),
        "searchPaths": Property(default=[], bound=True),
        "statementTimeout": Property(default=0, bound=True),
        "idleInTransactionSessionTimeout": Property(default=0, bound=True),
        "assumeRole": Property(bound=True),
        "skipDropRole": Property(default=False),
        "skipReassignOwned": Property(default=False),
    }

    def create(self, server: Server, inputs: Properties) -> Created:
        """Only what differs from PostgreSQL's defaults is said: some an RDS master may not say."""
        options: list[sql.Composable] = [
            sql.SQL(keyword if inputs[name] else f"NO{keyword}")
            for name, keyword in _ATTRIBUTES.items()
            if inputs[name] != self.properties[name].default
        ]
        options += self._values(inputs, frozenset({"connectionLimit", "validUntil", "password"}))
        with server.connection() as connection:
            name = sql.Identifier(inputs["name"])
            statement = sql.SQL("CREATE ROLE {}").format(name)
            connection.execute(sql.SQL(" ").join([statement, *options]))
            self._set_memberships(connection, inputs["name"], [], inputs["roles"])
            self._set_settings(connection, inputs, frozenset(_SETTINGS))
        return Created(inputs["name"])

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        with server.connection() as connection:
            row = connection.execute(_READ, (resource_id,)).fetchone()
        if row is None:
            return None
        values: list[Any] = list(row)
        settings = dict(item.split("=", 1) for item in values[10])
        live: Properties = dict(zip(_READ_ORDER, values[:10], strict=True))
        path = settings.get("search_path", "")
        return {
            **live,
            "id": values[0],
            "roles": values[11],
            "searchPaths": [part.strip().strip('"') for part in path.split(",") if part.strip()],
            "statementTimeout": int(settings.get("statement_timeout", 0)),
            "idleInTransactionSessionTimeout": int(
                settings.get("idle_in_transaction_session_timeout", 0)
            ),
            "assumeRole": settings.get("role"),
        }

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with server.connection() as connection:
            if "name" in changed:
                names = sql.Identifier(state["name"]), sql.Identifier(inputs["name"])
                connection.execute(sql.SQL("ALTER ROLE {} RENAME TO {}").format(*names))
            options: list[sql.Composable] = [
                sql.SQL(keyword if inputs[name] else f"NO{keyword}")
                for name, keyword in _ATTRIBUTES.items()
                if name in changed
            ]
            # a renamed role loses an md5 password, so it is set again
            options += self._values(
                inputs, changed | ({"password"} if "name" in changed else set())
            )
            if options:
                alter = sql.SQL("ALTER ROLE {}").format(sql.Identifier(inputs["name"]))
                connection.execute(sql.SQL(" ").join([alter, *options]))
            if "roles" in changed:
                have = state.get("roles") or []
                self._set_memberships(connection, inputs["name"], have, inputs["roles"])
            self._set_settings(connection, inputs, changed)

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        name = sql.Identifier(resource_id)
        with server.connection() as connection:
            if connection.execute(_READ, (resource_id,)).fetchone() is None:
                raise Gone(resource_id)
            if not state.get("skipReassignOwned"):
                with acting_as(connection, server, resource_id):
                    owner = sql.Identifier(server.username)
                    connection.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(name, owner))
                    connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
            if not state.get("skipDropRole"):
                connection.execute(sql.SQL("DROP ROLE {}").format(name))

    def _values(self, inputs: Properties, names: frozenset[str] | set[str]) -> list[sql.Composable]:
        options: list[sql.Composable] = []
        if "connectionLimit" in names and inputs["connectionLimit"] is not None:
            limit = sql.Literal(inputs["connectionLimit"])
            options.append(sql.SQL("CONNECTION LIMIT {}").format(limit))
        if "validUntil" in names:
            until = sql.Literal(inputs["validUntil"])
            options.append(sql.SQL("VALID UNTIL {}").format(until))
        if "password" in names:
            # a SCRAM verifier passes through: PostgreSQL knows it by its form
            password = sql.Literal(inputs.get("password") or None)
            options.append(sql.SQL("PASSWORD {}").format(password))
        return options

    def _set_memberships(
        self, connection: Connection, role: str, have: list[str], want: list[str]
    ) -> None:
        member = sql.Identifier(role)
        for group in sorted(set(have) - set(want)):
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(group), member))
        for group in sorted(set(want) - set(have)):
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), member))

    def _set_settings(
        self, connection: Connection, inputs: Properties, names: frozenset[str]
    ) -> None:
        alter = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(inputs["name"]))
        for name, setting in _SETTINGS.items():
            value = inputs.get(name)
            if name not in names:
                continue
            if value in (None, [], 0):
                connection.execute(alter + sql.SQL("RESET {}").format(sql.Identifier(setting)))
            elif isinstance(value, list):
                paths = sql.SQL(", ").join(sql.Identifier(path) for path in value)
                connection.execute(alter + sql.SQL("SET search_path TO ") + paths)
            else:
                parts = sql.Identifier(setting), sql.Literal(value)
                connection.execute(alter + sql.SQL("SET {} TO {}").format(*parts))
