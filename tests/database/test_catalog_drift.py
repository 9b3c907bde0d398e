"""Changes made outside the code: each is found by name, and reverted by whoever may do it."""

from __future__ import annotations

import pytest

from database import apply
from database.repairs import By
from tests.database.catalog_changes import CHANGES
from tests.database.conftest import Estate


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_is_found_by_name_and_taken_back(estate: Estate, name: str) -> None:
    change = CHANGES[name]
    estate.as_superuser(*change.statements)
    found = estate.plan()
    places = {(str(each.resource), each.path) for each in found}
    # new tables get the grants of the default privileges, which are differences of their own
    assert change.found <= places
    assert places - change.found <= {each for each in places if each[1].startswith("grant/")}
    main = [each for each in found if (str(each.resource), each.path) in change.found]
    assert change.class_ in {each.class_ for each in main}
    assert all(each.repair.text for each in main)

    remaining = estate.apply().remaining
    if change.by is By.MASTER:
        assert remaining == ()
    assert {each.repair.by for each in remaining} <= {change.by}
    if change.by is By.SUPERUSER:
        assert {(str(each.resource), each.path) for each in remaining} & change.found
        while plan := estate.plan():
            assert all(each.repair.by is By.SUPERUSER for each in plan)
            estate.as_superuser(*plan[0].repair.statements)
            estate.apply()
    if change.undo:
        estate.as_superuser(*change.undo)
    assert estate.plan() == ()


def test_a_clean_database_has_an_empty_plan_twenty_times_running(estate: Estate) -> None:
    assert [estate.plan() for _ in range(20)] == [()] * 20


def test_what_is_ignored_with_a_reason_is_no_difference(estate: Estate) -> None:
    estate.as_superuser("CREATE ROLE auditor LOGIN", "CREATE ROLE rdsproxy LOGIN")
    assert {str(each.resource) for each in estate.plan()} == {"role:auditor"}
    ignored = {**estate.database.ignored, "role:auditor attribute/login": "the auditors' own login"}
    accepting = Estate(
        estate.server,
        estate.ca_certificate,
        estate.database.model_copy(update={"ignored": ignored}),
    )
    assert accepting.plan() == ()
    estate.as_superuser("DROP ROLE auditor", "DROP ROLE rdsproxy")


def test_a_repair_that_the_server_refuses_is_reported_and_stops_no_other(
    estate: Estate, monkeypatch: pytest.MonkeyPatch
) -> None:
    estate.as_superuser(
        "ALTER TABLE public.users DISABLE ROW LEVEL SECURITY",
        "ALTER TABLE public.contacts DISABLE ROW LEVEL SECURITY",
    )
    with estate.master() as holder, estate.master() as connection:
        holder.execute("BEGIN")
        holder.execute("LOCK TABLE public.users IN SHARE MODE")
        monkeypatch.setattr(apply, "LOCK_TIMEOUT", "100ms")
        applied = apply.apply(connection, estate.database)
        holder.execute("ROLLBACK")
    assert [str(each.resource) for each in applied.repaired] == ["public.contacts"]
    assert [str(each.resource) for each in applied.remaining] == ["public.users"]
    assert "lock timeout" in applied.refusals[0]
    assert estate.apply().remaining == ()
