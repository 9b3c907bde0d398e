"""Checks of the PostgreSQL roles: what each may do, and that tenants can't see each other's rows.

Every check runs in a transaction that is rolled back, so it leaves no rows behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import psycopg

from acceptance.attempt import check
from acceptance.logins import PostgresLogin
from engine.result import Check

RoleLogin = Callable[[str], PostgresLogin]
"""Role name -> its login; reads the role's secret on every call."""

APPLICATION, READONLY, ADMIN = "nexusflow_app", "nexusflow_readonly", "nexusflow_admin"
OWN_ORGANIZATION, OTHER_ORGANIZATION = UUID(int=1, version=4), UUID(int=2, version=4)
TLS_USER = """
    SELECT CASE WHEN ssl THEN 'TLS as ' || session_user ELSE 'no TLS' END
    FROM pg_stat_ssl WHERE pid = pg_backend_pid()
"""
SET_ORGANIZATION = "SELECT set_config('app.current_org_id', %s, true)"
COUNT_CONTACTS = "SELECT count(*) FROM public.contacts WHERE email LIKE 'check@%'"


def checks(role: RoleLogin) -> Iterator[Check]:
    for name in (READONLY, ADMIN):
        yield check(f"{name} logs in over TLS", f"TLS as {name}", partial(_tls_user, role, name))
    yield check(
        f"{APPLICATION} reads and writes",
        "1 visible row",
        lambda: visible_rows(role(APPLICATION), OWN_ORGANIZATION),
    )
    yield check(
        "another organization's rows stay hidden",
        "0 visible rows",
        lambda: visible_rows(role(APPLICATION), OTHER_ORGANIZATION),
    )
    yield check(f"{READONLY} can't write", "permission denied", lambda: _write(role(READONLY)))


def visible_rows(login: PostgresLogin, reader: UUID) -> str:
    """Writes one contact for the own organization, and counts those that the reader's sees."""
    with psycopg.connect(**login.keywords()) as connection:
        try:
            connection.execute(SET_ORGANIZATION, (str(OWN_ORGANIZATION),))
            connection.execute(
                "INSERT INTO public.organizations (id, name, slug) VALUES (%s, 'check', %s)",
                (OWN_ORGANIZATION, f"check-{OWN_ORGANIZATION}"),
            )
            connection.execute(
                "INSERT INTO public.contacts (organization_id, email) "
                "VALUES (%s, 'check@example.com')",
                (OWN_ORGANIZATION,),
            )
            connection.execute(SET_ORGANIZATION, (str(reader),))
            row = connection.execute(COUNT_CONTACTS).fetchone()
            count = row[0] if row else 0
            return f"{count} visible row{'s' * (count != 1)}"
        finally:
            connection.rollback()


def _write(login: PostgresLogin) -> str:
    """Tries a write with read-only transactions switched off, as the role itself could do: its
    privileges must refuse it."""
    with psycopg.connect(**login.keywords()) as connection:
        connection.execute("SET default_transaction_read_only TO off")
        connection.commit()
        try:
            connection.execute("UPDATE public.contacts SET score = score")
        except psycopg.errors.InsufficientPrivilege:
            return "permission denied"
        finally:
            connection.rollback()
    return "wrote"


def _tls_user(role: RoleLogin, name: str) -> str:
    with psycopg.connect(**role(name).keywords()) as connection:
        row = connection.execute(TLS_USER).fetchone()
    return str(row[0]) if row else "nothing"
