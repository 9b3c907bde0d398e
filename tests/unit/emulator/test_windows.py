"""The emulator's own arithmetic of windows, and that it agrees with config's."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from config.sizing.windows import DailyWindow, WeeklyWindow
from sandbox.emulator.elasticache import windows

MINUTES = st.integers(0, 24 * 60 - 1).map(lambda minute: f"{minute // 60:02}:{minute % 60:02}")
DAYS = st.sampled_from(("mon", "tue", "wed", "thu", "fri", "sat", "sun"))


def test_a_window_past_midnight_and_one_past_sunday_keep_their_length() -> None:
    assert windows.minutes(windows.daily("23:30-01:00")) == 90
    assert windows.minutes(windows.weekly("sun:23:00-mon:00:30")) == 90


def test_windows_meet_on_any_day_and_over_the_weeks_end() -> None:
    assert windows.overlap("03:00-04:00", "thu:03:30-thu:04:30")
    assert windows.overlap("23:30-00:30", "mon:00:00-mon:01:00")
    assert windows.overlap("00:10-01:10", "sun:23:30-mon:00:30")
    assert not windows.overlap("03:00-04:00", "thu:04:00-thu:05:00")


@given(start=MINUTES, end=MINUTES, first=MINUTES, second=MINUTES, day=DAYS, until=DAYS)
def test_both_implementations_agree(
    start: str, end: str, first: str, second: str, day: str, until: str
) -> None:
    snapshot, maintenance = f"{start}-{end}", f"{day}:{first}-{until}:{second}"
    if start == end or f"{day}:{first}" == f"{until}:{second}":
        return  # an empty window, which AWS refuses for its length
    assert windows.overlap(snapshot, maintenance) == (
        DailyWindow.parse(snapshot).overlaps(WeeklyWindow.parse(maintenance))
    )
