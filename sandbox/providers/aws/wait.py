"""Waits for asynchronous work of a service where boto3 has no suitable waiter."""

from __future__ import annotations

import time
from collections.abc import Callable

SECONDS = 120
POLL_SECONDS = 0.2
WAITER = {"Delay": POLL_SECONDS, "MaxAttempts": int(SECONDS / POLL_SECONDS)}
"""The configuration of boto3's waiters: the emulator is faster than AWS."""


def until(ready: Callable[[], bool], what: str) -> None:
    """Returns as soon as `ready()` is true; raises a RuntimeError with `what` on timeout."""
    deadline = time.monotonic() + SECONDS
    while not ready():
        if time.monotonic() > deadline:
            raise RuntimeError(f"{what} after {SECONDS} s")
        time.sleep(POLL_SECONDS)
