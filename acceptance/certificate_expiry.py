"""When the certificates of an environment expire, from its stack outputs; pure.

Renewal comes of itself, with the first `up` within the renewal days, and `nexusdb drift` reports
it until then. A certificate in the list of those that end soon has missed it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from config.settings.certificates import EXPIRY_WARNING_DAYS

AUTHORITY = "authority"


@dataclass(frozen=True, order=True)
class Ending:
    days_left: int
    """Whole days, negative after expiry."""
    name: str


def endings(outputs: Mapping[str, Any], now: datetime) -> list[Ending]:
    """Every certificate including the authority's, ordered by expiry."""
    return sorted(
        Ending((datetime.fromisoformat(not_after) - now).days, name)
        for name, not_after in _ends(outputs["certificates"])
    )


def ending_soon(
    outputs: Mapping[str, Any], now: datetime, days: int = EXPIRY_WARNING_DAYS
) -> list[Ending]:
    """Those that expire within this many days."""
    return [ending for ending in endings(outputs, now) if ending.days_left < days]


def _ends(certificates: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    yield AUTHORITY, certificates["authority"]["not_after"]
    for name, issued in certificates["issued"].items():
        yield name, issued["not_after"]
