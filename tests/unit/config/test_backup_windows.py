"""When AWS Backup cannot start a job: in RDS's windows and in the hour before them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.sizing import windows
from config.sizing.windows import DailyWindow, TimeOfDay, WeeklyWindow

MINUTES = st.integers(0, windows.DAY - 1)
LENGTHS = st.integers(60, 600)


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
    assert DailyWindow.parse("03:00-04:00").blocks(TimeOfDay.parse(start), within) is meets


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
    window = WeeklyWindow.parse("sun:04:30-sun:05:30")
    assert window.blocks(day, TimeOfDay.parse(start), 60) is meets


def test_a_window_at_the_turn_of_the_week_is_in_the_way_on_both_sides() -> None:
    window = WeeklyWindow.parse("sun:23:30-mon:00:30")
    assert window.blocks("sun", TimeOfDay(22, 0), 60)
    assert window.blocks("mon", TimeOfDay(0, 15), 60)
    assert not window.blocks("mon", TimeOfDay(0, 30), 60)


@given(MINUTES, LENGTHS, MINUTES, st.integers(30, 600))
def test_a_job_meets_a_window_exactly_when_one_of_its_minutes_does(
    start: int, within: int, window: int, length: int
) -> None:
    blocked = {
        (window - windows.HOUR + minute) % windows.DAY for minute in range(length + windows.HOUR)
    }
    begins = {(start + minute) % windows.DAY for minute in range(within)}
    blocks = DailyWindow(window, length).blocks(TimeOfDay.of(start), within)
    assert blocks is bool(blocked & begins)
