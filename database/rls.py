"""Row-level security: the policies that each table must have (docs/adr/0010).

Expressions are written as PostgreSQL prints them, so that what is compared is equal letter by
letter. The value is wrapped in a subquery: it is computed once a statement, and an organization
that isn't set gives no rows instead of an error (reference/postgres.md, 1).
"""

from __future__ import annotations

from collections.abc import Mapping

from config.settings.database import TableSettings
from database.catalog import Policy
from database.quoting import identifier

SETTING = "app.current_org_id"


def current_organization(kind: str = "uuid") -> str:
    return (
        f"( SELECT (NULLIF(current_setting('{SETTING}'::text, true), ''::text))::{kind} "
        'AS "nullif")'
    )


def isolation(column: str) -> str:
    """Rows of the organization that the transaction has set."""
    plain = column.replace("_", "").isalnum() and column == column.lower()
    return f"({column if plain else identifier(column)} = {current_organization()})"


def policies(table: str, settings: TableSettings, owner: str) -> Mapping[str, Policy]:
    """Policies by name. The owner's lets migrations fill in data although RLS is forced."""
    name = table.partition(".")[2]
    owners = {f"{name}_owner": _everything(owner)}
    if settings.tenant is not None:
        within = isolation(settings.tenant)
        return {f"{name}_org_isolation": Policy(using=within, check=within), **owners}
    shared = {f"{name}_shared_read": Policy(command="SELECT", using="true")}
    if settings.writers:
        shared[f"{name}_shared_write"] = _everything(*sorted(settings.writers))
    return {**shared, **owners}


def _everything(*roles: str) -> Policy:
    return Policy(roles=roles, using="true", check="true")
