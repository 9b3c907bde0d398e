"""Backup and maintenance windows, pure: AWS wants 30 minutes or more and no overlap."""

from __future__ import annotations

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY = 24 * 60
WEEK = len(DAYS) * DAY
SHORTEST = 30
HOUR = 60
"""AWS Backup begins nothing in RDS's windows nor in the hour before them."""


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def daily(window: str) -> tuple[int, int]:
    """Start (minute of the day) and length of `hh:mm-hh:mm`; it may run past midnight."""
    start, end = (_minute(clock) for clock in window.split("-"))
    return start, (end - start) % DAY


def weekly(window: str) -> tuple[int, int]:
    """Start (minute of the week) and length of `ddd:hh:mm-ddd:hh:mm`; it may run past Sunday."""
    start, end = (
        DAYS.index(moment[:3]) * DAY + _minute(moment[4:]) for moment in window.split("-")
    )
    return start, (end - start) % WEEK


def overlap(backup: str, maintenance: str) -> bool:
    """Whether the daily backup window meets the weekly maintenance window on any day."""
    backup_start, backup_length = daily(backup)
    start, length = weekly(maintenance)
    return any(
        (start - day_start) % WEEK < backup_length or (day_start - start) % WEEK < length
        for day_start in range(backup_start, WEEK, DAY)
    )


def start_meets_daily(clock: str, within: int, window: str) -> bool:
    """Whether a job may begin in a daily window or in the hour before it."""
    start, (other, length) = _minute(clock), daily(window)
    return _meet(start, within, other - HOUR, length + HOUR, DAY)


def start_meets_weekly(day: str, clock: str, within: int, window: str) -> bool:
    """Whether a weekly job may begin in a weekly window or in the hour before it."""
    start, (other, length) = DAYS.index(day) * DAY + _minute(clock), weekly(window)
    return _meet(start, within, other - HOUR, length + HOUR, WEEK)


def _meet(start: int, length: int, other: int, other_length: int, period: int) -> bool:
    """Whether two stretches of a circle of time have a minute in common."""
    return (start - other) % period < other_length or (other - start) % period < length
