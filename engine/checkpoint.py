"""The recorded state of a stack, read from the file backend without starting the CLI.

Starting the CLI takes a third of a second, and every run needs this several times. Secrets stay
encrypted here; the CLI reveals them where they are needed.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from engine import wire_format
from engine.paths import EnvironmentPaths

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
            masked: Mapping[str, Any] = wire_format.masked(resource.get("outputs") or {})
            return masked
    return {}
