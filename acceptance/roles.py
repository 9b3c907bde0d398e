"""Checks after `up` with the roles' own logins: what they may do, and what must stay hidden.

All of it happens in transactions that are rolled back: a check leaves no row behind.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from uuid import UUID

import psycopg

from acceptance.logins import Login
from engine.result import Check

Tried = Callable[[str, str, Callable[[], str]], Check]
LoginOf = Callable[[str], Login]

APP, READONLY, ADMIN = "nexusflow_app", "nexusflow_readonly", "nexusflow_admin"
OURS, THEIRS = UUID(int=1, version=4), UUID(int=2, version=4)
TLS = """
    SELECT CASE WHEN ssl THEN 'TLS as ' || session_user ELSE 'no TLS' END
    FROM pg_stat_ssl WHERE pid = pg_backend_pid()
"""
SET = "SELECT set_config('app.current_org_id', %s, true)"
COUNT = "SELECT count(*) || ' contacts' FROM public.contacts WHERE email LIKE 'check@%'"


def checks(login_of: LoginOf, tried: Tried) -> Iterator[Check]:
    for role in (READONLY, ADMIN):
        logs_in = partial(_logs_in, login_of, role)
        yield tried(f"{role} logs in over TLS", f"TLS as {role}", logs_in)
    yield tried(f"{APP} reads and writes", "1 contacts", lambda: read_as(login_of(APP), OURS))
    yield tried(
        "another organization's rows stay hidden",
        "0 contacts",
        lambda: read_as(login_of(APP), THEIRS),
    )
    yield tried(f"{READONLY} can't write", "refused", lambda: _write(login_of(READONLY)))


def read_as(login: Login, reader: UUID) -> str:
    """Writes a contact of one organization and counts how many the reader sees."""
    with psycopg.connect(**login.keywords()) as connection:
        try:
            connection.execute(SET, (str(OURS),))
            connection.execute(
                "INSERT INTO public.organizations (id, name, slug) VALUES (%s, 'check', %s)",
                (OURS, f"check-{OURS}"),
            )
            connection.execute(
                "INSERT INTO public.contacts (organization_id, email) "
                "VALUES (%s, 'check@example.com')",
                (OURS,),
            )
            connection.execute(SET, (str(reader),))
            row = connection.execute(COUNT).fetchone()
            return str(row[0]) if row else "nothing"
        finally:
            connection.rollback()


def _write(login: Login) -> str:
    """Refused for lack of privileges, not only by default_transaction_read_only: the role could
    switch that off itself."""
    with psycopg.connect(**login.keywords()) as connection:
        connection.execute("SET default_transaction_read_only TO off")
        connection.commit()
        try:
            connection.execute("UPDATE public.contacts SET score = score")
        except psycopg.errors.InsufficientPrivilege:
            return "refused"
        finally:
            connection.rollback()
    return "wrote"


def _logs_in(login_of: LoginOf, role: str) -> str:
    with psycopg.connect(**login_of(role).keywords()) as connection:
        row = connection.execute(TLS).fetchone()
    return str(row[0]) if row else "nothing"
