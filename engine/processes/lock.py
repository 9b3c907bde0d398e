"""One run at a time per environment: a file lock that the kernel releases when its holder ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from engine.errors import EngineError
from engine.paths import EnvironmentPaths


@contextmanager
def held(paths: EnvironmentPaths) -> Iterator[None]:
    """Holds the environment's lock; an EngineError names the holder's pid if another run has it."""
    paths.lock.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(paths.lock, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode().strip() or "unknown"
            os.close(descriptor)
            raise EngineError(
                f"another run of environment {paths.environment!r} is under way "
                f"(process {holder}); wait for it to end, or end it"
            ) from None
        if _is_still_the_file(descriptor, paths):
            break
        os.close(descriptor)  # the last holder removed it between our open and our flock
    try:
        os.truncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def remove(paths: EnvironmentPaths) -> None:
    """Removes the lock file. Only its holder may call this."""
    paths.lock.unlink(missing_ok=True)
    with suppress(OSError):  # other environments have files there
        paths.lock.parent.rmdir()


def _is_still_the_file(descriptor: int, paths: EnvironmentPaths) -> bool:
    try:
        return os.fstat(descriptor).st_ino == paths.lock.stat().st_ino
    except FileNotFoundError:
        return False
