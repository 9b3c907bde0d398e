"""Failures that the sandbox foresees: a sentence for people and an exit code, never a traceback."""

from __future__ import annotations

FAILED = 1
REFUSED = 2
CHANGES_FOUND = 7
INTERRUPTED = 130


class SandboxError(Exception):
    """An expected failure; the message says what is wrong and what would be right."""

    exit_code = FAILED


class RefusedError(SandboxError):
    """The request itself is wrong; nothing has been started."""

    exit_code = REFUSED


class InterruptedRunError(SandboxError):
    """The user ended the run; what it had done is recorded."""

    exit_code = INTERRUPTED
