"""When certificates expire, read from the stack outputs."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from acceptance.certificates import AUTHORITY, Expiry, expiries, expiring_within

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


def test_certificates_and_the_ca_are_sorted_by_expiry() -> None:
    found = expiries(outputs(authority=3650, pgbouncer=200, clickhouse=90), NOW)
    assert found == [Expiry(90, "clickhouse"), Expiry(200, "pgbouncer"), Expiry(3650, AUTHORITY)]


@pytest.mark.parametrize(
    ("left", "soon"), [(30, False), (29.9, True), (0.5, True), (-1, True), (31, False)]
)
def test_a_certificate_expires_soon_with_less_than_thirty_days_left(
    left: float, soon: bool
) -> None:
    found = expiring_within(outputs(authority=3650, pgbouncer=left), NOW)
    assert [each.name for each in found] == (["pgbouncer"] if soon else [])


def test_a_ca_that_expires_soon_is_listed_as_well() -> None:
    assert expiring_within(outputs(authority=10, pgbouncer=10), NOW) == [
        Expiry(10, AUTHORITY),
        Expiry(10, "pgbouncer"),
    ]
