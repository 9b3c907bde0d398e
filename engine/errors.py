"""Expected failures: a message for people and an exit code, never a traceback."""

from __future__ import annotations

FAILED = 1
REFUSED = 2
CHANGES_FOUND = 7
INTERRUPTED = 130


class EngineError(Exception):
    """An expected failure; the message says what is wrong and what would be right."""

    exit_code = FAILED


class RefusedError(EngineError):
    """The request itself is invalid; nothing has been started."""

    exit_code = REFUSED


class InterruptedRunError(EngineError):
    """The user ended the run; whatever it had finished is recorded."""

    exit_code = INTERRUPTED
