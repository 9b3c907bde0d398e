"""The recorded state of a stack, read from the file backend without starting the CLI.

Starting the CLI takes a third of a second, and every run needs this several times. Secrets stay
encrypted here; the CLI reveals them where they are needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from engine import wire_format
from engine.paths import EnvironmentPaths

SECRET = "[secret]"  # noqa: S105
STACK = "pulumi:pulumi:Stack"


def deployment(paths: EnvironmentPaths, project_name: str) -> Mapping[str, Any]:
    """A stack's latest deployment; empty before the first run."""
    try:
        checkpoint = json.loads(_file(paths, project_name).read_text("utf-8"))["checkpoint"]
    except (OSError, ValueError, KeyError):
        return {}
    return checkpoint.get("latest") or {}


def exists(paths: EnvironmentPaths, project_name: str) -> bool:
    """Whether the backend has a checkpoint of the stack."""
    return _file(paths, project_name).exists()


def _file(paths: EnvironmentPaths, project_name: str) -> Path:
    return paths.state / ".pulumi" / "stacks" / project_name / f"{paths.environment}.json"


def outputs(deployment: Mapping[str, Any]) -> Mapping[str, Any]:
    """A stack's outputs, with its secrets masked."""
    for resource in deployment.get("resources") or ():
        if resource["type"] == STACK:
            return {name: _masked(value) for name, value in (resource.get("outputs") or {}).items()}
    return {}


def _masked(value: Any) -> Any:
    if isinstance(value, Mapping):
        if value.get(wire_format.SIGNATURE) == wire_format.SECRET:
            return SECRET
        return {name: _masked(item) for name, item in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_masked(item) for item in value]
    return value
