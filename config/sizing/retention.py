"""Retention periods that AWS offers: only certain numbers of days exist."""

from __future__ import annotations

LOG_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""The retentions that PutRetentionPolicy of CloudWatch Logs accepts, in days."""


def nearest_log_days(days: int) -> tuple[int, ...]:
    """The closest retentions below and above one that CloudWatch Logs lacks; empty if it has it."""
    if days in LOG_DAYS:
        return ()
    shorter = [known for known in LOG_DAYS if known < days][-1:]
    longer = [known for known in LOG_DAYS if known > days][:1]
    return (*shorter, *longer)


def performance_insights(days: int) -> bool:
    """Whether Performance Insights offers a retention of this many days."""
    return days in (7, 731) or (days % 31 == 0 and 1 <= days // 31 <= 23)
