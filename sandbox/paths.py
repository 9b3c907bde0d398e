"""The files of one environment's sandbox, all below `.sandbox/<env>`."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from engine.paths import PROJECT_ROOT, EnvironmentPaths, user_cache

__all__ = ["MARKER", "PROJECT_ROOT", "SandboxPaths", "user_cache"]

MARKER = "NEXUSDB_SANDBOX"
"""Environment variable of every process of a sandbox; its value is that sandbox's directory."""


@dataclass(frozen=True)
class SandboxPaths(EnvironmentPaths):
    """What the engine needs, the emulator's own files and the certificates that clients trust."""

    @property
    def directory(self) -> Path:
        return self.project_root / ".sandbox" / self.environment

    @property
    def emulator_record(self) -> Path:
        """JSON with the emulator's pid and endpoint; the emulator writes it once it answers."""
        return self.directory / "emulator.json"

    @property
    def emulator_log(self) -> Path:
        return self.directory / "emulator.log"

    @property
    def ca_certificate(self) -> Path:
        """The authority that signs the certificates of the emulated AWS services."""
        return self.directory / "ca.pem"

    @property
    def private_ca_certificate(self) -> Path:
        """The stack's own authority, which clients of the pooler trust."""
        return self.directory / "private-ca.pem"

    def marker(self) -> dict[str, str]:
        return {MARKER: str(self.directory)}
