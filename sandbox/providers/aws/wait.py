"""Waiting for what the service does by itself, where boto3 has no waiter for it."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 120
POLL_SECONDS = 0.2
WAITER = {"Delay": POLL_SECONDS, "MaxAttempts": int(SECONDS / POLL_SECONDS)}
"""How long boto3's waiters wait here: the emulator is faster than AWS."""


def until(ready: Callable[[], bool], what: str) -> None:
    """Returns once `ready` holds; a RuntimeError that says `what` did not come about in time."""
    deadline = time.monotonic() + SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} after {SECONDS} s")
        time.sleep(POLL_SECONDS)
