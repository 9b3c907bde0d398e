"""The files of one environment that the engine reads and writes."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from engine.projects import Project

PROJECT_ROOT = Path(__file__).resolve().parent.parent


def user_cache() -> Path:
    """Where a user keeps what is downloaded or built once for all checkouts."""
    root = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(root) / "nexusflow"


@dataclass(frozen=True)
class EnvironmentPaths(ABC):
    """The paths below one environment's directory. Constructing it creates nothing on disk."""

    environment: str
    project_root: Path = PROJECT_ROOT

    @property
    @abstractmethod
    def directory(self) -> Path:
        """The directory that holds everything below."""

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
        """The file with the passphrase that encrypts the secrets in the state."""
        return self.directory / "passphrase"

    @property
    def lock(self) -> Path:
        """The lock file, beside the directory, so that deleting the directory keeps the lock."""
        return self.directory.parent / f"{self.environment}.lock"

    def fingerprint(self, project: str) -> Path:
        """The file with the fingerprint of the code that a project was last updated from."""
        return self.directory / "applied" / project

    def stack_file(self, project: Project) -> Path:
        """The project's own stack file for this environment."""
        return project.source(self.project_root) / f"Pulumi.{self.environment}.yaml"

    def work(self, project: str) -> Path:
        """The copies of one project's Pulumi.yaml and stack file that the CLI works on."""
        return self.directory / "work" / project
