"""Row-level security: the policies that each table must have (docs/adr/0010).

Expressions are spelled as PostgreSQL prints them, so they compare equal as text. The subquery is
evaluated once per statement, and without an organization, NULLIF makes the condition match no rows
instead of raising an error.
"""

from __future__ import annotations

from collections.abc import Mapping

from config.settings.database import TableSettings
from database.catalog import Policy
from database.quoting import identifier

SETTING = "app.current_org_id"


def current_organization(kind: str = "uuid") -> str:
    """The SQL expression for the organization of the current transaction."""
    return (
        f"( SELECT (NULLIF(current_setting('{SETTING}'::text, true), ''::text))::{kind} "
        'AS "nullif")'
    )


def isolation(column: str) -> str:
    """The SQL condition for rows of the current organization."""
    plain = column.replace("_", "").isalnum() and column == column.lower()
    return f"({column if plain else identifier(column)} = {current_organization()})"


def policies(table: str, settings: TableSettings, owner: str) -> Mapping[str, Policy]:
    """Policies by name. The owner's policy lets migrations write data although RLS is forced."""
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
