"""Which certificates end soon, told from the stack outputs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acceptance.certificate_expiry import AUTHORITY, Ending, ending_soon, endings

NOW = datetime(2026, 6, 1, tzinfo=UTC)


def outputs(**days: float) -> dict[str, Any]:
    ends = {
        name: (NOW + timedelta(days=left)).isoformat().replace("+00:00", "Z")
        for name, left in days.items()
    }
    return {
        "certificates": {
            "authority": {"certificate_pem": "…", "not_after": ends.pop(AUTHORITY)},
            "issued": {name: {"secret_arn": "…", "not_after": end} for name, end in ends.items()},
        }
    }


def test_the_first_to_end_comes_first_and_the_authority_is_among_them() -> None:
    told = endings(outputs(authority=3650, pgbouncer=200, clickhouse=90), NOW)
    assert told == [Ending(90, "clickhouse"), Ending(200, "pgbouncer"), Ending(3650, AUTHORITY)]


@pytest.mark.parametrize(
    ("left", "soon"), [(30, False), (29.9, True), (0.5, True), (-1, True), (31, False)]
)
def test_a_certificate_ends_soon_from_less_than_thirty_days_on(left: float, soon: bool) -> None:
    found = ending_soon(outputs(authority=3650, pgbouncer=left), NOW)
    assert [each.name for each in found] == (["pgbouncer"] if soon else [])


def test_an_authority_that_ends_is_told_as_well() -> None:
    assert ending_soon(outputs(authority=10, pgbouncer=10), NOW) == [
        Ending(10, AUTHORITY),
        Ending(10, "pgbouncer"),
    ]
