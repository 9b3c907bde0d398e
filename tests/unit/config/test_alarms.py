"""The catalog of alarms: order and scaling of thresholds, and the corrected replica lag."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.monitoring import alarm_inputs
from config import load
from config.settings.alarms import Alarm, Capacity, TargetAlarms, TargetType
from config.settings.stack import Settings

ROOT = Path(__file__).resolve().parents[3]


def catalog(environment: str = "production") -> Mapping[TargetType, TargetAlarms]:
    settings = load.read(ROOT / f"Pulumi.{environment}.yaml")
    assert isinstance(settings, Settings)
    return settings.alarms.catalog


ROWS = [
    pytest.param(alarm, id=f"{kind}.{name}")
    for kind, watch in catalog().items()
    for name, alarm in watch.alarms.items()
]


def alarm(**changes: Any) -> Alarm:
    stated: dict[str, Any] = {
        "metric": "Metric",
        "statistic": "Average",
        "comparison": ">",
        "warning": 10.0,
        "critical": 20.0,
        "unit": "count",
        "period_s": 60,
        "evaluation_periods": 5,
        "treat_missing_data": "ignore",
        "failure": "overload",
        "runbook": "Something is wrong with it.",
    }
    return Alarm(**{**stated, **changes})


figures = st.floats(min_value=0, max_value=1e9, allow_nan=False)
scales = st.floats(min_value=0.01, max_value=1e4)


@pytest.mark.parametrize("row", ROWS)
@given(iops=scales, tasks=scales)
def test_at_every_size_the_warning_comes_before_the_critical(
    row: Alarm, iops: float, tasks: float
) -> None:
    sizes: dict[Capacity, float] = {"iops": iops, "tasks": tasks}
    warning, critical = (row.threshold("warning", sizes), row.threshold("critical", sizes))
    assert warning is not None or critical is not None
    if warning is not None and critical is not None:
        assert warning < critical if row.comparison.startswith(">") else warning > critical


@given(
    st.sampled_from([">", ">=", "<", "<="]),
    figures,
    figures,
    st.sampled_from(["count", "MB", "GB"]),
)
def test_ordered_thresholds_fire_the_warning_first(
    comparison: Any, warning: float, critical: float, unit: Any
) -> None:
    """A value on its way from harmless to harmful reaches the warning first."""
    row = alarm(comparison=comparison, warning=warning, critical=critical, unit=unit)
    low, high = (row.threshold(severity, {}) for severity in ("warning", "critical"))
    assert low is not None
    assert high is not None
    if row.ordered:
        assert (low < high) == comparison.startswith(">")


@given(st.integers(3_000, 64_000))
def test_a_scaled_threshold_keeps_its_share_of_the_size(iops: int) -> None:
    row = catalog()["postgres_server"].alarms["read-iops"]
    assert row.threshold("critical", {"iops": iops}) == pytest.approx(iops)
    assert row.threshold("warning", {"iops": iops}) == pytest.approx(iops * 10 / 12)


def test_both_environments_share_one_catalog() -> None:
    assert catalog("production") == catalog("staging")


@pytest.mark.parametrize("row", ROWS)
def test_what_a_person_reads_fits_and_states_the_condition(row: Alarm) -> None:
    for severity in ("warning", "critical"):
        stated = row.documented(severity)
        if stated is not None:
            value = row.threshold(severity, {"iops": 12_000, "tasks": 1})
            assert value is not None
            text = alarm_inputs.description(row, severity, value)
            assert len(text) <= 1024
            assert f"{row.comparison} {stated:,.10g}" in text


# --- the corrected lag ---


def breaches(lag: Sequence[float], limit: float) -> list[bool]:
    """The datapoints that breach the limit, by the catalog's expression on one value per minute."""
    expression = catalog()["postgres_replica"].alarms["replica-lag"].expression or ""
    python = re.sub(r"\bRATE\(lag\)", "rate", expression).replace("||", "or")
    python = python.replace("IF(", "choose(")

    def choose(condition: bool, then: float, otherwise: float) -> float:
        return then if condition else otherwise

    found = []
    for before, now in pairwise(lag):
        names = {"choose": choose, "lag": now, "rate": (now - before) / 60}
        found.append(eval(python, {}, names) > limit)  # noqa: S307 - the catalog's own
    return found


def fires(lag: Sequence[float], limit: float) -> bool:
    row = catalog()["postgres_replica"].alarms["replica-lag"]
    over = breaches(lag, limit)
    return any(
        all(over[i : i + row.evaluation_periods])
        for i in range(len(over) - row.evaluation_periods + 1)
    )


@given(st.floats(0, 300), st.sampled_from([10, 60]), st.floats(0, 2))
def test_an_idle_primary_never_fires(phase: float, limit: float, delay: float) -> None:
    """The lag is the time since the last write, and RDS writes every five minutes."""
    lag = [(phase + 60 * minute) % 300 + delay for minute in range(120)]
    assert not fires(lag, limit)


@given(st.floats(61, 3600), st.floats(-0.5, 0.5))
def test_a_replica_that_stays_behind_fires(behind: float, drift: float) -> None:
    lag = [max(61, behind + drift * 60 * minute) for minute in range(10)]
    assert fires(lag, 60)
    assert fires(lag, 10)


@given(st.floats(0, 60))
def test_a_replica_that_stands_still_fires_the_alarm_within_ten_minutes(phase: float) -> None:
    lag = [phase + 60 * minute for minute in range(10)]
    assert fires(lag, 60)
