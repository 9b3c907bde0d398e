"""Intervals of ElastiCache's daily snapshot window and weekly maintenance window."""

from __future__ import annotations

from datetime import datetime, timedelta

_DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MONDAY = datetime(2024, 1, 1)
_DAY, _WEEK = timedelta(days=1), timedelta(weeks=1)

Interval = tuple[datetime, datetime]


def daily(window: str) -> Interval:
    """The interval of `hh:mm-hh:mm` on a Monday; it may end after midnight."""
    start, end = (_moment(clock) for clock in window.split("-"))
    return start, end if end > start else end + _DAY


def weekly(window: str) -> Interval:
    """The interval of `ddd:hh:mm-ddd:hh:mm` in a week from Monday; it may end after Sunday."""
    start, end = (_moment(clock, _DAYS.index(day)) for day, clock in _parts(window))
    return start, end if end > start else end + _WEEK


def minutes(interval: Interval) -> int:
    return int((interval[1] - interval[0]) / timedelta(minutes=1))


def overlap(snapshot_window: str, maintenance_window: str) -> bool:
    """Whether the daily window overlaps the weekly one on any day."""
    start, end = daily(snapshot_window)
    from_, to = weekly(maintenance_window)
    # the adjacent weeks as well: either window may cross the end of the week
    days = (_DAY * number for number in range(-7, 14))
    return any(start + day < to and from_ < end + day for day in days)


def _moment(clock: str, day: int = 0) -> datetime:
    hours, minutes_ = clock.split(":")
    return _MONDAY + timedelta(days=day, hours=int(hours), minutes=int(minutes_))


def _parts(window: str) -> list[tuple[str, str]]:
    return [(moment[:3].lower(), moment[4:]) for moment in window.split("-")]
