"""Where one environment's sandbox keeps its things: the paths under .sandbox/<env>."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROJECT_ROOT = Path(__file__).resolve().parent.parent
ACCOUNT_ID = "123456789012"
MARKER = "NEXUSDB_SANDBOX"
"""Environment variable of every process of a sandbox; its value is that sandbox's directory."""


def user_cache() -> Path:
    """What a user fetches or builds once, for every checkout."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "nexusflow"


@dataclass(frozen=True)
class Home:
    """The directory of one environment. Creating the value creates nothing on disk."""

    environment: str
    project_root: Path = PROJECT_ROOT

    @property
    def directory(self) -> Path:
        return self.project_root / ".sandbox" / self.environment

    @property
    def state(self) -> Path:
        """The file backend of both projects."""
        return self.directory / "state"

    @property
    def pulumi_home(self) -> Path:
        return self.directory / "pulumi-home"

    @property
    def plugins(self) -> Path:
        return self.directory / "plugins"

    @property
    def passphrase(self) -> Path:
        return self.directory / "passphrase"

    @property
    def emulator_record(self) -> Path:
        """JSON written by the emulator once it answers: pid and endpoint."""
        return self.directory / "emulator.json"

    @property
    def emulator_log(self) -> Path:
        return self.directory / "emulator.log"

    @property
    def ca_certificate(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def private_ca_certificate(self) -> Path:
        """The stack's own authority, which clients of the pooler trust."""
        return self.directory / "private-ca.pem"

    @property
    def lock(self) -> Path:
        return self.directory.parent / f"{self.environment}.lock"

    def work(self, project: str) -> Path:
        """The copies of one project's Pulumi.yaml and stack files that the engine works on."""
        return self.directory / "work" / project

    def marker(self) -> dict[str, str]:
        return {MARKER: str(self.directory)}
