"""The two Pulumi projects that make up an environment, and the environments that exist."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from engine.errors import RefusedError
from engine.paths import PROJECT_ROOT


@dataclass(frozen=True)
class Project:
    """One Pulumi project of the repository."""

    label: str
    """Its name in output and in the work directory."""
    directory: str
    """Its directory relative to the repository's root."""

    def source(self, root: Path) -> Path:
        return root / self.directory

    def name(self, root: Path) -> str:
        return str(read_yaml(self.source(root) / "Pulumi.yaml")["name"])


FOUNDATION = Project("foundation", "foundation")
MAIN = Project("main", ".")
IN_ORDER = (FOUNDATION, MAIN)
"""The order in which they are created; they are destroyed in reverse."""


def read_yaml(file: Path) -> dict[str, Any]:
    """A YAML mapping, or a refusal that names the file."""
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RefusedError(f"{file}: no such file; is this a complete checkout?") from None
    except yaml.YAMLError as error:
        raise RefusedError(f"{file}: not valid YAML: {error}") from None
    if not isinstance(content, dict):
        raise RefusedError(f"{file}: expected a mapping, found {type(content).__name__}")
    return content


def environments(root: Path = PROJECT_ROOT) -> list[str]:
    """The environments for which the main project has a stack file."""
    return sorted(
        file.name.removeprefix("Pulumi.").removesuffix(".yaml")
        for file in root.glob("Pulumi.*.yaml")
    )


def require_environment(name: str, root: Path = PROJECT_ROOT) -> str:
    """The name, if both projects have a stack file for it."""
    known = environments(root)
    if name not in known:
        listed = ", ".join(known) or "none: there is no Pulumi.<env>.yaml"
        raise RefusedError(f"no environment {name!r}; there are: {listed}")
    for project in IN_ORDER:
        file = project.source(root) / f"Pulumi.{name}.yaml"
        if not file.is_file():
            raise RefusedError(
                f"environment {name!r}: {file.relative_to(root)} is missing; "
                f"both projects need a stack file of the same name"
            )
    return name
