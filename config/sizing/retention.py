"""How long AWS keeps things, pure: only certain numbers of days exist."""

from __future__ import annotations

LOG_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)
"""What PutRetentionPolicy of CloudWatch Logs takes."""


def unknown_to_logs(days: int) -> list[dict[str, object]]:
    """A case if CloudWatch Logs has no such retention, with the nearest that it has."""
    if days in LOG_DAYS:
        return []
    longer = min((known for known in LOG_DAYS if known > days), default=LOG_DAYS[-1])
    shorter = max((known for known in LOG_DAYS if known < days), default=LOG_DAYS[0])
    near = f"{shorter} or {longer}" if shorter != longer else f"{longer}"
    return [{"days": days, "near": near}]


def performance_insights(days: int) -> bool:
    """Whether Performance Insights keeps its figures for so many days."""
    return days in (7, 731) or (days % 31 == 0 and 1 <= days // 31 <= 23)
