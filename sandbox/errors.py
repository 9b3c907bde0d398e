"""Errors of the sandbox, in addition to those of the engine."""

from __future__ import annotations

from engine.errors import EngineError


class SandboxError(EngineError):
    """The emulator or a local server can't do what the run needs; the message says why."""
