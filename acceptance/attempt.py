"""Running a check: whatever stops the attempt becomes its result."""

from __future__ import annotations

from collections.abc import Callable

from engine.result import Check


def check(name: str, expected: str, attempt: Callable[[], str]) -> Check:
    """A check whose actual value is what the attempt returns, or the error that stopped it."""
    try:
        return Check(name, expected, attempt())
    except Exception as error:  # noqa: BLE001 - a check that can't be made has failed
        return Check(name, expected, first_line(error))


def first_line(error: Exception) -> str:
    """An error's type and first line. libpq's and boto3's messages carry no password."""
    lines = str(error).strip().splitlines()
    return f"{type(error).__name__}: {lines[0] if lines else ''}"
