"""One run at a time per environment: a file lock that dies with its holder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.errors import SandboxError
from sandbox.paths import Home


@contextmanager
def held(home: Home) -> Iterator[None]:
    """Holds the environment's lock; fails at once, naming the holder, when another run has it."""
    home.lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(home.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode().strip() or "unknown"
            os.close(descriptor)
            raise SandboxError(
                f"another run of environment {home.environment!r} is under way "
                f"(process {holder}); wait for it to end, or end it"
            ) from None
        if _is_still_the_file(descriptor, home):
            break
        os.close(descriptor)  # its last holder removed it between our open and our lock
    try:
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def remove(home: Home) -> None:
    """Removes the lock file; only for its holder."""
    home.lock.unlink(missing_ok=True)
    with suppress(OSError):  # other environments are there
        home.lock.parent.rmdir()


def _is_still_the_file(descriptor: int, home: Home) -> bool:
    try:
        return os.fstat(descriptor).st_ino == home.lock.stat().st_ino
    except FileNotFoundError:
        return False
