"""Which differences the postgresql provider's resources see and repair: one owner a fact.

Measured on pulumi-postgresql 3.18 (reference/delivery.md). All that it misses is the catalog
resource's: grant and admin options, grants that no resource declares, most settings, owners of
tables, policies, functions, whatever was made by hand. Attributes that only a superuser sets are
the catalog's too, because a role resource that tried them would end the whole run.
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


def provider_sees(difference: Difference, access: DatabaseSettings) -> bool:
    """Whether a resource of the provider owns this fact."""
    step, _, rest = difference.path.partition("/")
    resource = difference.resource
    if difference.class_ is Class.UNMANAGED or _has_option(difference):
        return False
    if resource.kind is ObjectType.ROLE:
        return _role(resource, step, rest, access)
    if step == "exists":
        return resource.kind in (ObjectType.DATABASE, ObjectType.EXTENSION) or _declared_schema(
            resource, access
        )
    if step == "owner":
        return resource.kind is ObjectType.DATABASE or _declared_schema(resource, access)
    return step == "grant" and "(" not in rest and _granted(resource, rest, access)


def _has_option(difference: Difference) -> bool:
    options = {GRANTED[True], MEMBER[True]}
    return bool({difference.expected, difference.actual} & options)


def _role(resource: DatabaseObject, step: str, rest: str, access: DatabaseSettings) -> bool:
    if resource == role(access.master.name):
        return step == "membership" and rest == access.owner
    if step == "attribute":
        return rest not in SUPERUSERS_ATTRIBUTES
    return step != "setting" or rest in SETTINGS_OF_ROLES


def _declared_schema(resource: DatabaseObject, access: DatabaseSettings) -> bool:
    return resource.kind is ObjectType.SCHEMA and resource.parts[0] in access.schemas


def _granted(resource: DatabaseObject, rest: str, access: DatabaseSettings) -> bool:
    """Whether a resource states what this grantee may do there: it then sees more and less."""
    entity = desired_catalog.desired(access, [resource]).get(resource)
    grantee = rest.rpartition("/")[0]
    return entity is not None and any(each.grantee == grantee for each in entity.grants)
