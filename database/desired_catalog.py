"""The desired catalog, built from config/defaults/database.yaml: pure.

What depends on objects that come and go (sequences, partitions) takes their names from the facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from config.settings.database import DatabaseSettings, RoleSettings
from database import migrations_schema, rls
from database.catalog import Catalog, DatabaseObject, Entity, ObjectType, Privilege, role

Grants = dict[Privilege, bool]
Privileges = Callable[[RoleSettings], Iterable[str]]

MASTER_ATTRIBUTES = {"login": "true", "createdb": "true", "createrole": "true"}
MASTER_OF_RDS = "rds_superuser"
FORCED = {"row_level_security": "true", "force_row_level_security": "true"}
PUBLIC_SCHEMA_OWNER = "pg_database_owner"
"""PostgreSQL 15 gives the schema public to whoever owns the database."""


def desired(access: DatabaseSettings, found: Iterable[DatabaseObject] = ()) -> Catalog:
    """Every entity that has to be, and what has to be true of those found beside them."""
    return {
        **_roles(access),
        DatabaseObject(ObjectType.DATABASE, (access.name,)): Entity(
            owner=access.owner,
            grants=_grants(access, lambda settings: settings.grants.database),
        ),
        **_schemas(access),
        **{DatabaseObject(ObjectType.EXTENSION, (name,)): Entity() for name in access.extensions},
        **{_table(name): _entity_of(name, access) for name in access.tables},
        migrations_schema.TABLE: Entity(owner=access.owner),
        **_defaults(access),
        **{each: entity for each in found if (entity := _found(each, access))},
    }


def _roles(access: DatabaseSettings) -> dict[DatabaseObject, Entity]:
    return {
        role(access.owner): Entity(),
        role(access.master.name): Entity(
            attributes=MASTER_ATTRIBUTES,
            memberships={MASTER_OF_RDS: False, access.owner: False},
        ),
        **{role(name): _role(settings) for name, settings in access.roles.items()},
    }


def _role(settings: RoleSettings) -> Entity:
    return Entity(
        attributes={"login": "true", "connection_limit": str(settings.connection_limit)},
        memberships=dict.fromkeys(settings.member_of, False),
        settings=settings.settings,
    )


def _schemas(access: DatabaseSettings) -> dict[DatabaseObject, Entity]:
    owners = {
        "public": PUBLIC_SCHEMA_OWNER,
        migrations_schema.NAME: access.owner,
        **dict.fromkeys(access.schemas, access.owner),
    }
    return {
        DatabaseObject(ObjectType.SCHEMA, (schema,)): Entity(
            owner=owner, grants=_in_schema(access, "schemas", schema)
        )
        for schema, owner in owners.items()
    }


def _table(name: str) -> DatabaseObject:
    schema, _, table = name.partition(".")
    return DatabaseObject(ObjectType.TABLE, (schema, table))


def _entity_of(name: str, access: DatabaseSettings) -> Entity:
    return Entity(
        owner=access.owner,
        attributes=FORCED,
        grants=_in_schema(access, "tables", name.partition(".")[0]),
        policies=rls.policies(name, access.tables[name], access.owner),
    )


def _found(resource: DatabaseObject, access: DatabaseSettings) -> Entity | None:
    """What is right for an object that may be there: no role reaches a partition directly."""
    if resource.parts[0] not in ("public", *access.schemas):
        return None
    if resource.kind is ObjectType.SEQUENCE:
        grants = _in_schema(access, "sequences", resource.parts[0])
        return Entity(owner=access.owner, grants=grants)
    if resource.kind is ObjectType.PARTITION:
        return Entity(owner=access.owner, attributes=FORCED)
    return None


def _defaults(access: DatabaseSettings) -> dict[DatabaseObject, Entity]:
    """Future tables and sequences of the named schemas; future functions are nobody's."""
    named = {
        DatabaseObject(ObjectType.DEFAULT, (access.owner, schema, kind)): Entity(
            grants=_in_schema(access, kind, schema)
        )
        for schema in access.default_privileges
        for kind in ("tables", "sequences")
    }
    return {**named, DatabaseObject(ObjectType.DEFAULT, (access.owner, "", "functions")): Entity()}


def _in_schema(access: DatabaseSettings, kind: str, schema: str) -> Grants:
    def privileges(settings: RoleSettings) -> Iterable[str]:
        by_schema: Mapping[str, Iterable[str]] = getattr(settings.grants, kind)
        return by_schema.get(schema, ())

    return _grants(access, privileges)


def _grants(access: DatabaseSettings, privileges: Privileges) -> Grants:
    return {
        Privilege(name, privilege): False
        for name, settings in access.roles.items()
        for privilege in privileges(settings)
    }
