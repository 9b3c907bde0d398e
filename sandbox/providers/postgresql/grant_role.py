"""Membership of a role in another role.

Unlike Role's `roles` it reads the ADMIN OPTION. As with the real provider, using both for one
member makes them revert each other, and a replacement revokes what it has just granted unless the
program sets delete_before_replace.
"""

from __future__ import annotations

from psycopg import sql

from sandbox.providers.postgresql.server import Connection, Server, fetch, lock
from sandbox.providers.resource_type import Created, Property, ResourceType
from sandbox.providers.wire import Properties

FORCE_NEW = "ForceNew in terraform-provider-postgresql, resource_postgresql_grant_role.go"

_READ = """
    SELECT m.admin_option AS "withAdminOption" FROM pg_auth_members m
    JOIN pg_roles member ON member.oid = m.member JOIN pg_roles granted ON granted.oid = m.roleid
    WHERE member.rolname = %s AND granted.rolname = %s
"""


class GrantRole(ResourceType[Server]):
    token = "postgresql:index/grantRole:GrantRole"
    properties = {
        "role": Property(required=True, replaces=FORCE_NEW),
        "grantRole": Property(required=True, replaces=FORCE_NEW),
        "withAdminOption": Property(default=False, bound=True, replaces=FORCE_NEW),
    }

    def create(self, server: Server, inputs: Properties) -> Created:
        with server.connection() as connection:
            lock(connection)
            _revoke(connection, inputs)
            names = sql.Identifier(inputs["grantRole"]), sql.Identifier(inputs["role"])
            option = sql.SQL(" WITH ADMIN OPTION" if inputs["withAdminOption"] else "")
            connection.execute(sql.SQL("GRANT {} TO {}{}").format(*names, option))
        return Created(_id(inputs))

    def read(self, server: Server, resource_id: str, state: Properties) -> Properties | None:
        if not state:
            raise ValueError("memberships cannot be imported, by the real provider neither")
        with server.connection() as connection:
            row = fetch(connection, _READ, state["role"], state["grantRole"])
        return {**row, "id": _id({**state, **row})} if row else None

    def update(
        self,
        server: Server,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        raise AssertionError(f"{self.token}: every change replaces it")

    def delete(self, server: Server, resource_id: str, state: Properties) -> None:
        with server.connection() as connection:
            _revoke(connection, state)


def _revoke(connection: Connection, inputs: Properties) -> None:
    names = sql.Identifier(inputs["grantRole"]), sql.Identifier(inputs["role"])
    connection.execute(sql.SQL("REVOKE {} FROM {}").format(*names))


def _id(inputs: Properties) -> str:
    admin = str(inputs["withAdminOption"]).lower()
    return "_".join((inputs["role"], inputs["grantRole"], admin))
