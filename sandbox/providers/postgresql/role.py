"""Roles: attributes, memberships and settings, as far as the real provider reads them.

Passwords are never read back: as with the real provider, a manual change goes unnoticed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from psycopg import sql

from sandbox.providers.postgresql.server import Connection, Server, acting_as, fetch
from sandbox.providers.resource_type import Created, NotFound, Property, ResourceType, empty
from sandbox.providers.wire import Properties

_READ = """
    SELECT rolname AS name, rolsuper AS superuser, rolcreatedb AS "createDatabase",
           rolcreaterole AS "createRole", rolinherit AS inherit, rolcanlogin AS login,
           rolreplication AS replication, rolbypassrls AS "bypassRowLevelSecurity",
           rolconnlimit AS "connectionLimit",
           COALESCE(rolvaliduntil::text, 'infinity') AS "validUntil",
           COALESCE(rolconfig, '{}') AS settings,
           ARRAY(SELECT g.rolname::text FROM pg_auth_members m JOIN pg_roles g ON g.oid = m.roleid
                 WHERE m.member = r.oid ORDER BY 1) AS roles
    FROM pg_roles r WHERE rolname = %s
"""
_ATTRIBUTES = {
    "superuser": (sql.SQL("NOSUPERUSER"), sql.SQL("SUPERUSER")),
    "createDatabase": (sql.SQL("NOCREATEDB"), sql.SQL("CREATEDB")),
    "createRole": (sql.SQL("NOCREATEROLE"), sql.SQL("CREATEROLE")),
    "inherit": (sql.SQL("NOINHERIT"), sql.SQL("INHERIT")),
    "login": (sql.SQL("NOLOGIN"), sql.SQL("LOGIN")),
    "replication": (sql.SQL("NOREPLICATION"), sql.SQL("REPLICATION")),
    "bypassRowLevelSecurity": (sql.SQL("NOBYPASSRLS"), sql.SQL("BYPASSRLS")),
}
_VALUES = {
    "connectionLimit": sql.SQL("CONNECTION LIMIT {}"),
    "validUntil": sql.SQL("VALID UNTIL {}"),
}
_SETTINGS = {
    "searchPaths": "search_path",
    "statementTimeout": "statement_timeout",
    "idleInTransactionSessionTimeout": "idle_in_transaction_session_timeout",
    "assumeRole": "role",
}
_TIMEOUTS = ("statementTimeout", "idleInTransactionSessionTimeout")
_AT_LEAST = {"connectionLimit": -1, **dict.fromkeys(_TIMEOUTS, 0)}
_UNREADABLE = ("encryptedPassword", "skipDropRole", "skipReassignOwned")

# How PostgreSQL recognizes a password that is already encrypted.
_VERIFIER = re.compile(
    r"SCRAM-SHA-256\$\d+:[A-Za-z0-9+/]+=*\$[A-Za-z0-9+/]{43}=:[A-Za-z0-9+/]{43}=|md5[0-9a-f]{32}"
)


class Role(ResourceType[Server]):
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
        "connectionLimit": Property(default=-1, bound=True),
        "validUntil": Property(default="infinity", bound=True),
        "roles": Property(default=[], bound=True, unordered=True),
        "searchPaths": Property(default=[], bound=True),
        "statementTimeout": Property(default=0, bound=True),
        "idleInTransactionSessionTimeout": Property(default=0, bound=True),
        "assumeRole": Property(bound=True),
        "skipDropRole": Property(default=False),
        "skipReassignOwned": Property(default=False),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = [
            (name, f"must be at least {least}")
            for name, least in _AT_LEAST.items()
            if isinstance(inputs[name], int) and inputs[name] < least
        ]
        if inputs["encryptedPassword"] is False:
            found.append(("encryptedPassword", "PostgreSQL 10 and later encrypt every password"))
        paths = inputs["searchPaths"]
        if isinstance(paths, list) and any(", " in str(path) for path in paths):
            found.append(("searchPaths", 'the provider cannot read back a schema with ", " in it'))
        return found

    def create(self, server: Server, inputs: Properties) -> Created:
        """Sets only options without their default value: an RDS master may not set some."""
        said = {
            name
            for name in (*_ATTRIBUTES, *_VALUES, *_SETTINGS, "password")
            if not empty(inputs.get(name)) and inputs[name] != self.properties[name].default
        }
        with server.connection() as connection:
            create = sql.SQL("CREATE ROLE {}").format(sql.Identifier(inputs["name"]))
            options = self._options(connection, inputs, said)
            connection.execute(sql.SQL(" ").join([create, *options]))
            self._set_memberships(connection, inputs["name"], [], inputs["roles"])
            self._set_settings(connection, inputs, said)
        return Created(inputs["name"])

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        # Uses the name in the state: the id of a renamed role is updated by a refresh only.
        name = state.get("name", resource_id)
        with server.connection() as connection:
            row = fetch(connection, _READ, name)
        if row is None:
            return None
        settings = dict(item.split("=", 1) for item in row.pop("settings"))
        path = settings.get("search_path")
        return {
            **row,
            **{key: state.get(key, self.properties[key].default) for key in _UNREADABLE},
            **{key: _milliseconds(name, settings, _SETTINGS[key]) for key in _TIMEOUTS},
            "searchPaths": [part.strip('"') for part in path.split(", ")] if path else [],
            "assumeRole": settings.get("role"),
            "id": name,
        }

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        said = set(changed)
        with server.connection() as connection:
            if "name" in changed:
                names = sql.Identifier(state["name"]), sql.Identifier(inputs["name"])
                connection.execute(sql.SQL("ALTER ROLE {} RENAME TO {}").format(*names))
                said.add("password")  # renaming a role invalidates its md5 password
            if options := self._options(connection, inputs, said):
                alter = sql.SQL("ALTER ROLE {}").format(sql.Identifier(inputs["name"]))
                connection.execute(sql.SQL(" ").join([alter, *options]))
            have = state.get("roles") or []
            self._set_memberships(connection, inputs["name"], have, inputs["roles"])
            self._set_settings(connection, inputs, said)

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        role = state.get("name", resource_id)
        name, login = sql.Identifier(role), sql.Identifier(server.username)
        with server.connection() as connection:
            if fetch(connection, _READ, role) is None:
                raise NotFound(role)
            if not state.get("skipReassignOwned"):
                with acting_as(connection, server, role):
                    connection.execute(sql.SQL("REASSIGN OWNED BY {} TO {}").format(name, login))
                    connection.execute(sql.SQL("DROP OWNED BY {}").format(name))
            if not state.get("skipDropRole"):
                connection.execute(sql.SQL("DROP ROLE {}").format(name))

    def _options(
        self, connection: Connection, inputs: Properties, said: set[str]
    ) -> list[sql.Composable]:
        """The options of CREATE and ALTER ROLE for the given properties."""
        options: list[sql.Composable] = [
            words[bool(inputs[name])] for name, words in _ATTRIBUTES.items() if name in said
        ]
        options += [
            option.format(sql.Literal(inputs[name]))
            for name, option in _VALUES.items()
            if name in said
        ]
        if "password" in said:
            options.append(_password(connection, inputs["name"], inputs.get("password")))
        return options

    def _set_memberships(
        self, connection: Connection, role: str, have: Iterable[str], want: Iterable[str]
    ) -> None:
        member = sql.Identifier(role)
        for group in sorted(set(have) - set(want)):
            connection.execute(sql.SQL("REVOKE {} FROM {}").format(sql.Identifier(group), member))
        for group in sorted(set(want) - set(have)):
            connection.execute(sql.SQL("GRANT {} TO {}").format(sql.Identifier(group), member))

    def _set_settings(self, connection: Connection, inputs: Properties, said: set[str]) -> None:
        alter = sql.SQL("ALTER ROLE {} ").format(sql.Identifier(inputs["name"]))
        for name, setting in _SETTINGS.items():
            if name not in said:
                continue
            value = inputs.get(name)
            values = value if isinstance(value, list) else [value]
            if value:
                parts = sql.Identifier(setting), sql.SQL(", ").join(map(sql.Literal, values))
                connection.execute(alter + sql.SQL("SET {} TO {}").format(*parts))
            else:
                connection.execute(alter + sql.SQL("RESET {}").format(sql.Identifier(setting)))


def _password(connection: Connection, role: str, password: str | None) -> sql.Composed:
    """The PASSWORD option: a literal, since statements of this kind take no parameters.

    A clear-text password is encrypted on the client by the server's method, so it appears in no
    log and not in pg_stat_activity. An encrypted password is passed through.
    """
    verifier = None
    if password and password.upper() != "NULL":
        verifier = password
        if not _VERIFIER.fullmatch(password):
            encrypted = connection.pgconn.encrypt_password(password.encode(), role.encode())
            verifier = encrypted.decode()
    return sql.SQL("PASSWORD {}").format(sql.Literal(verifier))


def _milliseconds(role: str, settings: dict[str, str], setting: str) -> int:
    value = settings.get(setting, "0")
    if not value.isdigit():
        raise ValueError(
            f"role {role} has {setting} = {value}, and the provider reads bare milliseconds only: "
            f"ALTER ROLE {role} RESET {setting}"
        )
    return int(value)
