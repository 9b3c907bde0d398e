"""Backup and maintenance windows as values: their length, and whether they overlap.

AWS refuses a backup window that overlaps the maintenance window, and AWS Backup starts no job in
either of them or in the hour before.
"""

from __future__ import annotations

from dataclasses import dataclass

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
HOUR = 60
DAY = 24 * HOUR
WEEK = len(DAYS) * DAY

RDS_MINUTES = 30
"""The shortest window that RDS accepts, in minutes."""
ELASTICACHE_MINUTES = 60
"""The shortest window that ElastiCache accepts, in minutes."""
LEAD_MINUTES = HOUR
"""AWS Backup starts no job of an RDS instance this long before a window of that instance."""


@dataclass(frozen=True)
class TimeOfDay:
    """A time in UTC, written `hh:mm`."""

    hour: int
    minute: int

    @classmethod
    def parse(cls, text: str) -> TimeOfDay:
        hour, minute = text.split(":")
        return cls(int(hour), int(minute))

    @classmethod
    def of(cls, minutes: int) -> TimeOfDay:
        return cls(*divmod(minutes % DAY, HOUR))

    @property
    def minutes(self) -> int:
        """Minutes since midnight."""
        return self.hour * HOUR + self.minute

    def __str__(self) -> str:
        return f"{self.hour:02}:{self.minute:02}"


@dataclass(frozen=True)
class DailyWindow:
    """A daily window in UTC, written `hh:mm-hh:mm`; it may run past midnight."""

    start: int
    """Minutes since midnight."""
    length: int
    """Minutes."""

    @classmethod
    def parse(cls, text: str) -> DailyWindow:
        start, end = (TimeOfDay.parse(time).minutes for time in text.split("-"))
        return cls(start, (end - start) % DAY)

    def overlaps(self, weekly: WeeklyWindow) -> bool:
        """Whether the windows share a minute on any day of the week."""
        return any(
            _overlap(day + self.start, self.length, weekly.start, weekly.length, WEEK)
            for day in range(0, WEEK, DAY)
        )

    def blocks(self, start: TimeOfDay, within: int) -> bool:
        """Whether a daily job that starts up to `within` minutes after `start` can fall into the
        window, or the hour before it."""
        lead = self.start - LEAD_MINUTES
        return _overlap(start.minutes, within, lead, self.length + LEAD_MINUTES, DAY)

    def __str__(self) -> str:
        return f"{TimeOfDay.of(self.start)}-{TimeOfDay.of(self.start + self.length)}"


@dataclass(frozen=True)
class WeeklyWindow:
    """A weekly window in UTC, written `ddd:hh:mm-ddd:hh:mm`; it may run past Sunday."""

    start: int
    """Minutes since Monday, 00:00."""
    length: int
    """Minutes."""

    @classmethod
    def parse(cls, text: str) -> WeeklyWindow:
        start, end = (
            DAYS.index(moment[:3]) * DAY + TimeOfDay.parse(moment[4:]).minutes
            for moment in text.split("-")
        )
        return cls(start, (end - start) % WEEK)

    def blocks(self, day: str, start: TimeOfDay, within: int) -> bool:
        """Whether a weekly job that starts up to `within` minutes after `start` can fall into the
        window, or the hour before it."""
        job = DAYS.index(day) * DAY + start.minutes
        lead = self.start - LEAD_MINUTES
        return _overlap(job, within, lead, self.length + LEAD_MINUTES, WEEK)

    def __str__(self) -> str:
        return f"{_moment(self.start)}-{_moment(self.start + self.length)}"


def _moment(minutes: int) -> str:
    return f"{DAYS[minutes % WEEK // DAY]}:{TimeOfDay.of(minutes)}"


def _overlap(start: int, length: int, other: int, other_length: int, period: int) -> bool:
    """Whether two intervals of a repeating period have a minute in common."""
    return (start - other) % period < other_length or (other - start) % period < length
