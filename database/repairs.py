"""Repairs: the statements that revert a difference, and who can execute them.

The RDS master user is not a superuser. It can act as any role that it can become a member of, but
cannot change objects of a superuser, or the role attributes SUPERUSER, REPLICATION and BYPASSRLS.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from database.catalog import PUBLIC, DatabaseObject, Entity, ObjectType, Policy, Privilege, role
from database.facts import Facts
from database.quoting import grantee, identifier, literal

SUPERUSERS_ATTRIBUTES = frozenset({"superuser", "replication", "bypassrls"})
ROLE_KEYWORDS = {
    "login": "LOGIN",
    "superuser": "SUPERUSER",
    "createdb": "CREATEDB",
    "createrole": "CREATEROLE",
    "inherit": "INHERIT",
    "replication": "REPLICATION",
    "bypassrls": "BYPASSRLS",
}
LISTS = frozenset({"search_path", "temp_tablespaces", "session_preload_libraries"})
"""Settings whose value is a list. Quoted as one literal, it would be a single element."""
ON = {
    ObjectType.TABLE: "TABLE",
    ObjectType.PARTITION: "TABLE",
    ObjectType.VIEW: "TABLE",
    ObjectType.SEQUENCE: "SEQUENCE",
    ObjectType.FUNCTION: "FUNCTION",
    ObjectType.SCHEMA: "SCHEMA",
    ObjectType.DATABASE: "DATABASE",
}
"""The keyword for an object type in GRANT … ON and ALTER; ALTER TABLE accepts views too."""


class By(StrEnum):
    MASTER = "master"
    SUPERUSER = "superuser"
    STACK = "stack"
    """Another resource of the stack creates it."""
    PERSON = "person"
    """It may hold data, so only a person drops or restores it."""


@dataclass(frozen=True)
class Repair:
    by: By
    statements: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        return "; ".join(self.statements)


class Writer:
    """Writes the repairs for a database's facts and its master user."""

    def __init__(self, facts: Facts, master: str) -> None:
        self._facts = facts
        self._master = master

    def missing(self, resource: DatabaseObject, wanted: Entity) -> Repair:
        if resource.kind in (ObjectType.TABLE, ObjectType.DATABASE):
            return Repair(By.PERSON, (f"-- restore {resource} from a backup",))
        if resource.kind is ObjectType.SCHEMA:
            create = f"CREATE SCHEMA {resource.sql} AUTHORIZATION {identifier(wanted.owner)}"
            return Repair(By.STACK, (create,))
        if resource.kind is ObjectType.EXTENSION:
            return Repair(By.STACK, (f"CREATE EXTENSION {resource.sql}",))
        login = "LOGIN" if wanted.attributes.get("login") == "true" else "NOLOGIN"
        return Repair(By.STACK, (f"CREATE ROLE {resource.sql} {login}",))

    def unwanted(self, resource: DatabaseObject) -> Repair:
        """The statement has no CASCADE, so it fails while other objects depend on this one."""
        kind = {ObjectType.VIEW: "VIEW", ObjectType.PARTITION: "TABLE"}.get(resource.kind)
        return Repair(By.PERSON, (f"DROP {kind or resource.kind.upper()} {resource.sql}",))

    def owner(self, resource: DatabaseObject, wanted: str, found: str) -> Repair:
        kind = ON[resource.kind]
        statement = f"ALTER {kind} {resource.sql} OWNER TO {identifier(wanted)}"
        return self._as(found, (statement,), also=wanted)

    def attribute(self, resource: DatabaseObject, found: Entity, name: str, wanted: str) -> Repair:
        if resource.kind is ObjectType.ROLE:
            return self._role_attribute(resource, name, wanted)
        table = f"ALTER TABLE {resource.sql}"
        on = wanted == "true"
        statement = {
            "row_level_security": f"{table} {'ENABLE' if on else 'DISABLE'} ROW LEVEL SECURITY",
            "force_row_level_security": f"{table} {'' if on else 'NO '}FORCE ROW LEVEL SECURITY",
            "security_invoker": f"ALTER VIEW {resource.sql} SET (security_invoker = {wanted})",
            "security_definer": f"ALTER FUNCTION {resource.sql} "
            f"SECURITY {'DEFINER' if on else 'INVOKER'}",
        }[name]
        return self._as(found.owner, (statement,))

    def setting(
        self, resource: DatabaseObject, found: Entity, name: str, wanted: str | None
    ) -> Repair:
        database, _, setting = name.rpartition("/")
        where = f" IN DATABASE {identifier(database)}" if database else ""
        action = f"RESET {_setting(setting)}"
        if wanted is not None:
            action = f"SET {_setting(setting)} TO {_value(setting, wanted)}"
        kind = "ROLE" if resource.kind is ObjectType.ROLE else ON[resource.kind]
        statements = (f"ALTER {kind} {resource.sql}{where} {action}",)
        if setting in self._facts.superusers_settings:
            return Repair(By.SUPERUSER, statements)
        if resource.kind is ObjectType.ROLE:
            return self._of_role(resource, statements)
        return self._as(found.owner, statements)

    def membership(
        self, resource: DatabaseObject, group: str, wanted: bool | None, found: bool | None
    ) -> Repair:
        of, member = identifier(group), resource.sql
        if wanted is None:
            statement = f"REVOKE {of} FROM {member}"
        elif wanted:
            statement = f"GRANT {of} TO {member} WITH ADMIN OPTION"
        elif found:
            statement = f"REVOKE ADMIN OPTION FOR {of} FROM {member}"
        else:
            statement = f"GRANT {of} TO {member}"
        return self._of_role(role(group), (statement,))

    def grant(
        self,
        resource: DatabaseObject,
        found: Entity,
        privilege: Privilege,
        wanted: bool | None,
        had: bool | None,
    ) -> Repair:
        name = privilege.name + (f" ({identifier(privilege.column)})" if privilege.column else "")
        whom = grantee(privilege.grantee)
        if resource.kind is ObjectType.DEFAULT:
            owner, schema, objects = resource.parts
            begin = f"ALTER DEFAULT PRIVILEGES FOR ROLE {identifier(owner)} "
            begin += f"IN SCHEMA {identifier(schema)} " if schema else ""
            target = objects.upper()
        else:
            owner, begin = found.owner, ""
            target = f"{ON[resource.kind]} {resource.sql}"
        if wanted is None:
            statement = f"{begin}REVOKE {name} ON {target} FROM {whom} CASCADE"
        elif had and not wanted:
            statement = f"{begin}REVOKE GRANT OPTION FOR {name} ON {target} FROM {whom} CASCADE"
        else:
            statement = f"{begin}GRANT {name} ON {target} TO {whom}"
            statement += " WITH GRANT OPTION" if wanted else ""
        return self._as(owner, (statement,))

    def policy(
        self, resource: DatabaseObject, found: Entity, name: str, wanted: Policy | None
    ) -> Repair:
        """Drops and creates the policy: ALTER POLICY cannot change its command or type."""
        policy = f"{identifier(name)} ON {resource.sql}"
        statements = [f"DROP POLICY IF EXISTS {policy}"]
        if wanted is not None:
            kind = "" if wanted.permissive else " AS RESTRICTIVE"
            roles = ", ".join(grantee(each) for each in wanted.roles)
            create = f"CREATE POLICY {policy}{kind} FOR {wanted.command} TO {roles}"
            create += f" USING ({wanted.using})" if wanted.using else ""
            create += f" WITH CHECK ({wanted.check})" if wanted.check else ""
            statements.append(create)
        return self._as(found.owner, tuple(statements))

    def _role_attribute(self, resource: DatabaseObject, name: str, wanted: str) -> Repair:
        if name == "connection_limit":
            option = f"CONNECTION LIMIT {wanted}"
        elif name == "valid_until":
            option = f"VALID UNTIL {literal(wanted)}"
        else:
            option = ("" if wanted == "true" else "NO") + ROLE_KEYWORDS[name]
        statements = (f"ALTER ROLE {resource.sql} {option}",)
        if name in SUPERUSERS_ATTRIBUTES:
            return Repair(By.SUPERUSER, statements)
        return self._of_role(resource, statements)

    def _of_role(self, resource: DatabaseObject, statements: tuple[str, ...]) -> Repair:
        superuser = self._facts.is_superuser(resource.parts[0])
        return Repair(By.SUPERUSER if superuser else By.MASTER, statements)

    def _as(self, owner: str, statements: Sequence[str], also: str = "") -> Repair:
        """Statements that need these roles; the master user joins them temporarily if necessary."""
        needed = [each for each in (owner, also) if each and not self._implicit(each)]
        if any(self._facts.is_superuser(each) for each in needed):
            return Repair(By.SUPERUSER, tuple(statements))
        joined = [each for each in needed if not self._facts.is_member(self._master, each)]
        master = identifier(self._master)
        return Repair(
            By.MASTER,
            (
                *(f"GRANT {identifier(each)} TO {master}" for each in joined),
                *statements,
                *(f"REVOKE {identifier(each)} FROM {master}" for each in reversed(joined)),
            ),
        )

    @staticmethod
    def _implicit(name: str) -> bool:
        """Whether membership cannot be granted: the database's owner is a member implicitly."""
        return name in ("pg_database_owner", PUBLIC)


def _setting(name: str) -> str:
    return ".".join(identifier(part) for part in name.split("."))


def _value(name: str, value: str) -> str:
    if name not in LISTS:
        return literal(value)
    return ", ".join(identifier(part.strip().strip('"')) for part in value.split(","))
