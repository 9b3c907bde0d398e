"""Units and periods of CloudWatch alarms."""

from __future__ import annotations

from collections.abc import Mapping

BASE_UNITS: Mapping[str, int] = {
    "percent": 1,
    "count": 1,
    "per second": 1,
    "seconds": 1,
    "days": 1,
    "bytes": 1,
    "MB": 1024**2,
    "GB": 1024**3,
}
"""The factor from a documented unit to the metric's own. RDS's "GB" of storage are GiB, and its
metrics count bytes."""

SHORT_PERIODS_S = frozenset({10, 20, 30})
MINUTE_S = 60
LONGEST_EVALUATION_S = 24 * 3600
"""CloudWatch evaluates at most one day: periods times their length."""


def period_allowed(period_s: int) -> bool:
    """Whether CloudWatch has a period of this length."""
    return period_s in SHORT_PERIODS_S or period_s % MINUTE_S == 0
