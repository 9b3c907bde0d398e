"""Ownership of facts: which differences the postgresql provider's resources detect and repair.

Measured with pulumi-postgresql 3.18. The catalog resource owns everything that the provider misses:
grant and admin options, undeclared grants, most settings, owners of tables, policies, functions,
and objects created by hand. It also owns attributes that only a superuser can set: a role resource
that tried to set them would fail the whole run.
"""

from __future__ import annotations

from config.settings.database import DatabaseSettings
from database import desired_catalog
from database.catalog import DatabaseObject, ObjectType, role
from database.plan import GRANTED, MEMBER, Class, Difference
from database.repairs import SUPERUSERS_ATTRIBUTES

SETTINGS_OF_ROLES = frozenset(
    {"search_path", "statement_timeout", "idle_in_transaction_session_timeout", "role"}
)


def provider_sees(difference: Difference, database: DatabaseSettings) -> bool:
    """Whether a resource of the provider owns the fact that differs."""
    step, _, rest = difference.path.partition("/")
    resource = difference.resource
    if difference.class_ is Class.UNMANAGED or _has_option(difference):
        return False
    if resource.kind is ObjectType.ROLE:
        return _role(resource, step, rest, database)
    if step == "exists":
        return resource.kind in (ObjectType.DATABASE, ObjectType.EXTENSION) or _declared_schema(
            resource, database
        )
    if step == "owner":
        return resource.kind is ObjectType.DATABASE or _declared_schema(resource, database)
    return step == "grant" and "(" not in rest and _granted(resource, rest, database)


def _has_option(difference: Difference) -> bool:
    options = {GRANTED[True], MEMBER[True]}
    return bool({difference.expected, difference.actual} & options)


def _role(resource: DatabaseObject, step: str, rest: str, database: DatabaseSettings) -> bool:
    if resource == role(database.master.name):
        return step == "membership" and rest == database.owner
    if step == "attribute":
        return rest not in SUPERUSERS_ATTRIBUTES
    return step != "setting" or rest in SETTINGS_OF_ROLES


def _declared_schema(resource: DatabaseObject, database: DatabaseSettings) -> bool:
    return resource.kind is ObjectType.SCHEMA and resource.parts[0] in database.schemas


def _granted(resource: DatabaseObject, rest: str, database: DatabaseSettings) -> bool:
    """Whether a resource declares this grantee's privileges, and so sees any change."""
    entity = desired_catalog.desired(database, [resource]).get(resource)
    grantee = rest.rpartition("/")[0]
    return entity is not None and any(each.grantee == grantee for each in entity.grants)
