"""Waits for asynchronous work of a service where boto3 has no suitable waiter."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.polling import wait_until

SECONDS = 120
POLL_SECONDS = 0.2
WAITER = {"Delay": POLL_SECONDS, "MaxAttempts": int(SECONDS / POLL_SECONDS)}
"""The configuration of boto3's waiters: the emulator is faster than AWS."""


def until(ready: Callable[[], bool], what: str) -> None:
    """Returns as soon as `ready()` is true; raises a RuntimeError with `what` on timeout."""
    if not wait_until(ready, SECONDS, POLL_SECONDS):
        raise RuntimeError(f"{what} after {SECONDS} s")
