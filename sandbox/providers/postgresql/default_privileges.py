"""Privileges that a role gets on objects an owner creates in the future.

As with the real provider, the resource no longer exists once no privilege is left, other owners'
defaults are ignored, and a replacement revokes what it has just granted unless the program sets
delete_before_replace.
"""

from __future__ import annotations

from psycopg import sql

from sandbox.providers.postgresql import privileges
from sandbox.providers.postgresql.server import Server, acting_as, fetch, lock
from sandbox.providers.resource_type import Created, Property, ResourceType
from sandbox.providers.wire import Properties, has_unknown

FORCE_NEW = "ForceNew in terraform-provider-postgresql, resource_postgresql_default_privileges.go"

# The type codes of pg_default_acl and their keywords; PostgreSQL on RDS has no others.
_TYPES = {
    "table": ("r", sql.SQL("TABLES")),
    "sequence": ("S", sql.SQL("SEQUENCES")),
    "function": ("f", sql.SQL("FUNCTIONS")),
    "routine": ("f", sql.SQL("ROUTINES")),
    "type": ("T", sql.SQL("TYPES")),
    "schema": ("n", sql.SQL("SCHEMAS")),
}
_READ = """
    SELECT COALESCE(array_agg(DISTINCT a.privilege_type), '{}') AS granted
    FROM pg_default_acl d LEFT JOIN pg_namespace n ON n.oid = d.defaclnamespace,
         aclexplode(d.defaclacl) a
    WHERE d.defaclobjtype = %s AND n.nspname IS NOT DISTINCT FROM %s
      AND a.grantee = %s AND pg_get_userbyid(a.grantor) = %s
"""


class DefaultPrivileges(ResourceType[Server]):
    token = "postgresql:index/defaultPrivileges:DefaultPrivileges"
    properties = {
        "role": Property(required=True, replaces=FORCE_NEW),
        "database": Property(required=True, replaces=FORCE_NEW),
        "owner": Property(required=True, replaces=FORCE_NEW),
        "schema": Property(replaces=FORCE_NEW),
        "objectType": Property(required=True, replaces=FORCE_NEW),
        "privileges": Property(required=True, bound=True, unordered=True),
        "withGrantOption": Property(default=False, replaces=FORCE_NEW),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = privileges.faults(inputs, _TYPES)
        if inputs["objectType"] == "schema" and inputs.get("schema"):
            found.append(("schema", "defaults for schemas hold for a whole database: leave it out"))
        if inputs["withGrantOption"] is True and inputs["role"] == privileges.PUBLIC:
            found.append(("withGrantOption", "must be false for public"))
        return found if not has_unknown(inputs["objectType"]) else []

    def create(self, server: Server, inputs: Properties) -> Created:
        self._set(server, inputs, inputs["privileges"])
        return Created(_id(inputs))

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        if not state:
            raise ValueError("default privileges cannot be imported, by the real provider neither")
        database, schema = state["database"], state.get("schema") or None
        with server.inside(database) as connection:
            grantee = privileges.grantee(connection, state["role"], schema)
            if connection is None or grantee is None:
                return None
            letter, _ = _TYPES[state["objectType"]]
            row = fetch(connection, _READ, letter, schema, grantee, state["owner"])
        granted = row["granted"] if row else []
        if state["privileges"] and not granted:
            return None
        reported = privileges.seen(state["objectType"], state["privileges"], granted)
        return {"privileges": reported, "id": _id(state)}

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        self._set(server, inputs, inputs["privileges"])

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        self._set(server, state, [])

    def _set(self, server: Server, inputs: Properties, new: list[str]) -> None:
        """Revokes and grants in one transaction: objects created meanwhile get privileges."""
        owner, role = inputs["owner"], sql.Identifier(inputs["role"])
        _, objects = _TYPES[inputs["objectType"]]
        alter = sql.SQL("ALTER DEFAULT PRIVILEGES FOR ROLE {} ").format(sql.Identifier(owner))
        if schema := inputs.get("schema"):
            alter += sql.SQL("IN SCHEMA {} ").format(sql.Identifier(schema))
        with server.connection(inputs["database"]) as connection:
            lock(connection)
            with acting_as(connection, server, owner):
                revoke = sql.SQL("REVOKE ALL ON {} FROM {}").format(objects, role)
                connection.execute(alter + revoke)
                if new:
                    option = sql.SQL(" WITH GRANT OPTION" if inputs.get("withGrantOption") else "")
                    given = privileges.words(new)
                    grant = sql.SQL("GRANT {} ON {} TO {}{}").format(given, objects, role, option)
                    connection.execute(alter + grant)


def _id(inputs: Properties) -> str:
    schema = inputs.get("schema") or "noschema"
    names = (inputs["role"], inputs["database"], schema, inputs["owner"], inputs["objectType"])
    return "_".join(names)
