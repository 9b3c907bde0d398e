"""When AWS Backup may not begin: in RDS's windows and in the hour before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sizing import windows

MINUTES = st.integers(0, windows.DAY - 1)
LENGTHS = st.integers(60, 600)


def clock(minute: int) -> str:
    return f"{minute % windows.DAY // 60:02}:{minute % 60:02}"


@pytest.mark.parametrize(
    ("start", "within", "meets"),
    [
        ("03:30", 60, True),
        ("02:00", 60, True),
        ("01:01", 60, True),
        ("01:00", 60, False),
        ("03:59", 60, True),
        ("04:00", 60, False),
        ("23:00", 180, False),
        ("23:00", 181, True),
    ],
)
def test_a_job_may_not_begin_in_the_daily_window_or_the_hour_before(
    start: str, within: int, meets: bool
) -> None:
    assert windows.start_meets_daily(start, within, "03:00-04:00") is meets


@pytest.mark.parametrize(
    ("day", "start", "meets"),
    [
        ("sun", "03:30", True),
        ("sun", "05:30", False),
        ("sat", "05:00", False),
        ("sun", "02:30", False),
        ("sun", "02:31", True),
    ],
)
def test_a_weekly_window_is_in_the_way_on_its_day_only(day: str, start: str, meets: bool) -> None:
    assert windows.start_meets_weekly(day, start, 60, "sun:04:30-sun:05:30") is meets


def test_a_window_at_the_turn_of_the_week_is_in_the_way_on_both_sides() -> None:
    window = "sun:23:30-mon:00:30"
    assert windows.start_meets_weekly("sun", "22:00", 60, window)
    assert windows.start_meets_weekly("mon", "00:15", 60, window)
    assert not windows.start_meets_weekly("mon", "00:30", 60, window)


@given(MINUTES, LENGTHS, MINUTES, st.integers(30, 600))
def test_a_job_meets_a_window_exactly_when_one_of_its_minutes_does(
    start: int, within: int, window: int, length: int
) -> None:
    blocked = {
        (window - windows.HOUR + minute) % windows.DAY for minute in range(length + windows.HOUR)
    }
    begins = {(start + minute) % windows.DAY for minute in range(within)}
    text = f"{clock(window)}-{clock(window + length)}"
    assert windows.start_meets_daily(clock(start), within, text) is bool(blocked & begins)
