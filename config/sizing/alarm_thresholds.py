"""Arithmetic of alarms, pure: from a figure as it is documented to CloudWatch's threshold."""

from __future__ import annotations

from collections.abc import Mapping

from config.settings.alarms import Alarm, Capacity, Severity, Unit

IN_BASE_UNITS: Mapping[Unit, int] = {
    "percent": 1,
    "count": 1,
    "per second": 1,
    "seconds": 1,
    "days": 1,
    "bytes": 1,
    "MB": 1024**2,
    "GB": 1024**3,
}
"""RDS's "GB" of storage are GiB, and its metrics are in bytes."""

PERIODS_BELOW_A_MINUTE = frozenset({10, 20, 30})
MINUTE = 60
LONGEST_EVALUATION_S = 24 * 3600


def period_allowed(period_s: int) -> bool:
    return period_s in PERIODS_BELOW_A_MINUTE or period_s % MINUTE == 0


def threshold(alarm: Alarm, severity: Severity, figures: Mapping[Capacity, float]) -> float | None:
    """What CloudWatch compares with, in the metric's own unit; None where nothing is watched."""
    stated = alarm.threshold(severity)
    if stated is None:
        return None
    scale = (
        figures[alarm.scale_by.capacity] / alarm.scale_by.documented
        if alarm.scale_by is not None
        else 1
    )
    return stated * IN_BASE_UNITS[alarm.unit] * scale


def ordered(alarm: Alarm) -> bool:
    """Whether the warning comes before what it warns of."""
    if alarm.warning is None or alarm.critical is None:
        return True
    if alarm.rising:
        return alarm.warning < alarm.critical
    return alarm.warning > alarm.critical
