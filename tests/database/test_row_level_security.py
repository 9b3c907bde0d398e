"""Rows of another organization stay hidden: as owner, member, stranger and nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import UUID

import psycopg
import pytest

from database.facts import Connection
from tests.database.conftest import Estate

OURS, THEIRS = UUID(int=1), UUID(int=2)


@pytest.fixture(scope="module", autouse=True)
def two_organizations(estate: Estate) -> None:
    """The owner fills in both: a backfill works although RLS is forced."""
    with estate.master() as connection, connection.transaction():
        connection.execute("SET LOCAL ROLE nexusflow_migrator")
        for each, slug in ((OURS, "ours"), (THEIRS, "theirs")):
            connection.execute(
                "INSERT INTO public.organizations (id, name, slug) VALUES (%s, %s, %s)",
                (each, slug, slug),
            )
            connection.execute(
                "INSERT INTO public.contacts (organization_id, email) VALUES (%s, %s)",
                (each, f"someone@{slug}.example"),
            )


@contextmanager
def within(
    estate: Estate, organization: UUID | None, user: str = "nexusflow_app"
) -> Iterator[Connection]:
    """A transaction that has set its organization, as the application does."""
    with estate.login(user) as connection, connection.transaction():
        if organization is not None:
            connection.execute(
                "SELECT set_config('app.current_org_id', %s, true)", (str(organization),)
            )
        yield connection


def emails(connection: Connection) -> list[str]:
    return [row[0] for row in connection.execute("SELECT email FROM public.contacts ORDER BY 1")]


def test_the_owner_sees_every_organization_to_migrate_it(estate: Estate) -> None:
    with estate.master() as connection:
        connection.execute("SET ROLE nexusflow_migrator")
        assert emails(connection) == ["someone@ours.example", "someone@theirs.example"]


@pytest.mark.parametrize("user", ["nexusflow_app", "nexusflow_readonly", "nexusflow_admin"])
def test_a_member_sees_its_own_organization_alone(estate: Estate, user: str) -> None:
    with within(estate, OURS, user) as connection:
        assert emails(connection) == ["someone@ours.example"]
        assert connection.execute("SELECT slug FROM public.organizations").fetchall() == [("ours",)]


def test_a_stranger_sees_nothing(estate: Estate) -> None:
    with within(estate, UUID(int=3)) as connection:
        assert emails(connection) == []
        assert connection.execute("SELECT count(*) FROM public.organizations").fetchone() == (0,)


@pytest.mark.parametrize("user", ["nexusflow_app", "nexusflow_readonly", "nexusflow_admin"])
def test_nobody_sees_nothing_and_gets_no_error(estate: Estate, user: str) -> None:
    with within(estate, None, user) as connection:
        assert emails(connection) == []
    with estate.login(user) as connection:  # a connection that a pool gives to the next client
        with connection.transaction():
            connection.execute("SELECT set_config('app.current_org_id', %s, true)", (str(OURS),))
        assert emails(connection) == []


def test_a_member_changes_its_own_rows_alone(estate: Estate) -> None:
    with within(estate, OURS) as connection:
        changed = connection.execute("UPDATE public.contacts SET score = 1")
        assert changed.rowcount == 1
        assert (
            connection.execute(
                "DELETE FROM public.contacts WHERE organization_id = %s", (THEIRS,)
            ).rowcount
            == 0
        )


@pytest.mark.parametrize("organization", [OURS, None])
def test_a_row_of_another_organization_is_refused(
    estate: Estate, organization: UUID | None
) -> None:
    with (
        pytest.raises(psycopg.errors.InsufficientPrivilege),
        within(estate, organization) as connection,
    ):
        connection.execute("INSERT INTO public.contacts (organization_id) VALUES (%s)", (THEIRS,))


def test_a_row_is_not_moved_to_another_organization(estate: Estate) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege), within(estate, OURS) as connection:
        connection.execute("UPDATE public.contacts SET organization_id = %s", (THEIRS,))


def test_a_session_may_insert_the_organization_it_is_set_to(estate: Estate) -> None:
    new = UUID(int=9)
    with within(estate, new) as connection:
        connection.execute(
            "INSERT INTO public.organizations (id, name, slug) VALUES (%s, 'new', 'new')", (new,)
        )
        assert connection.execute("DELETE FROM public.organizations").rowcount == 1


def test_plans_are_read_by_all_and_written_by_the_admin(estate: Estate) -> None:
    with estate.login("nexusflow_admin") as admin:
        admin.execute("INSERT INTO public.plans (name) VALUES ('basic')")
    with estate.login("nexusflow_app") as app:
        assert app.execute("SELECT name FROM public.plans").fetchall() == [("basic",)]
        assert app.execute("UPDATE public.plans SET name = 'free'").rowcount == 0
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            app.execute("INSERT INTO public.plans (name) VALUES ('mine')")


def test_the_readonly_role_writes_nothing(estate: Estate) -> None:
    change = "UPDATE public.contacts SET score = 2"
    with estate.login("nexusflow_readonly") as connection:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            connection.execute(change.encode())
        connection.execute("SET default_transaction_read_only TO off")  # its own to switch off
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute(change.encode())


def test_the_migrator_logs_in_nowhere(estate: Estate) -> None:
    with pytest.raises(psycopg.OperationalError, match=r"not permitted to log in|authentication"):
        estate.login("nexusflow_migrator")
