"""The desired catalog, derived from the settings of the database (config/defaults/database.yaml).

Sequences and partitions are not declared: their names come from the observed catalog.
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
"""The owner of the schema public in PostgreSQL 15: the database's owner is its implicit member."""


def desired(database: DatabaseSettings, found: Iterable[DatabaseObject] = ()) -> Catalog:
    """All declared objects, and the desired state of sequences and partitions that were found."""
    return {
        **_roles(database),
        DatabaseObject(ObjectType.DATABASE, (database.name,)): Entity(
            owner=database.owner,
            grants=_grants(database, lambda settings: settings.grants.database),
        ),
        **_schemas(database),
        **{DatabaseObject(ObjectType.EXTENSION, (name,)): Entity() for name in database.extensions},
        **{_table(name): _entity_of(name, database) for name in database.tables},
        migrations_schema.TABLE: Entity(owner=database.owner),
        **_defaults(database),
        **{each: entity for each in found if (entity := _found(each, database))},
    }


def _roles(database: DatabaseSettings) -> dict[DatabaseObject, Entity]:
    return {
        role(database.owner): Entity(),
        role(database.master.name): Entity(
            attributes=MASTER_ATTRIBUTES,
            memberships={MASTER_OF_RDS: False, database.owner: False},
        ),
        **{role(name): _role(settings) for name, settings in database.roles.items()},
    }


def _role(settings: RoleSettings) -> Entity:
    return Entity(
        attributes={"login": "true", "connection_limit": str(settings.connection_limit)},
        memberships=dict.fromkeys(settings.member_of, False),
        settings=settings.settings,
    )


def _schemas(database: DatabaseSettings) -> dict[DatabaseObject, Entity]:
    owners = {
        "public": PUBLIC_SCHEMA_OWNER,
        migrations_schema.NAME: database.owner,
        **dict.fromkeys(database.schemas, database.owner),
    }
    return {
        DatabaseObject(ObjectType.SCHEMA, (schema,)): Entity(
            owner=owner, grants=_in_schema(database, "schemas", schema)
        )
        for schema, owner in owners.items()
    }


def _table(name: str) -> DatabaseObject:
    schema, _, table = name.partition(".")
    return DatabaseObject(ObjectType.TABLE, (schema, table))


def _entity_of(name: str, database: DatabaseSettings) -> Entity:
    return Entity(
        owner=database.owner,
        attributes=FORCED,
        grants=_in_schema(database, "tables", name.partition(".")[0]),
        policies=rls.policies(name, database.tables[name], database.owner),
    )


def _found(resource: DatabaseObject, database: DatabaseSettings) -> Entity | None:
    """The desired state of a sequence or partition. No role has privileges on partitions."""
    if resource.parts[0] not in ("public", *database.schemas):
        return None
    if resource.kind is ObjectType.SEQUENCE:
        grants = _in_schema(database, "sequences", resource.parts[0])
        return Entity(owner=database.owner, grants=grants)
    if resource.kind is ObjectType.PARTITION:
        return Entity(owner=database.owner, attributes=FORCED)
    return None


def _defaults(database: DatabaseSettings) -> dict[DatabaseObject, Entity]:
    """Privileges on future tables and sequences of these schemas; none on future functions."""
    named = {
        DatabaseObject(ObjectType.DEFAULT, (database.owner, schema, kind)): Entity(
            grants=_in_schema(database, kind, schema)
        )
        for schema in database.default_privileges
        for kind in ("tables", "sequences")
    }
    return {
        **named,
        DatabaseObject(ObjectType.DEFAULT, (database.owner, "", "functions")): Entity(),
    }


def _in_schema(database: DatabaseSettings, kind: str, schema: str) -> Grants:
    def privileges(settings: RoleSettings) -> Iterable[str]:
        by_schema: Mapping[str, Iterable[str]] = getattr(settings.grants, kind)
        return by_schema.get(schema, ())

    return _grants(database, privileges)


def _grants(database: DatabaseSettings, privileges: Privileges) -> Grants:
    return {
        Privilege(name, privilege): False
        for name, settings in database.roles.items()
        for privilege in privileges(settings)
    }
