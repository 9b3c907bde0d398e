"""Drift of a deployed environment, compared with the official Pulumi CLI."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import boto3
from pulumi import automation
from pulumi.automation import EngineEvent

from ops import stacks
from ops.drift.report import ProjectComparison, Report, report

Show = Callable[[str], None]
"""Prints one line of progress."""


def compare(project_root: Path, environment: str, show: Show) -> Report:
    """Compares both layers with the caller's AWS credentials and changes nothing.

    Raises DriftError, StackError and ConfigurationError.
    """
    projects = [
        _compare_project(directory, environment, show)
        for directory in (project_root / "foundation", project_root)
    ]
    show("main: comparing with the database …")
    settings = stacks.settings(project_root, environment)
    return report(
        projects,
        settings.database,
        lambda: boto3.client("secretsmanager", settings.aws.region),
    )


def _compare_project(directory: Path, environment: str, show: Show) -> ProjectComparison:
    previewed: list[EngineEvent] = []
    refreshed: list[EngineEvent] = []
    with stacks.readable_errors(directory, environment):
        stack = automation.select_stack(environment, work_dir=str(directory))
        show(f"{stack.workspace.project_settings().name}: comparing with code and cloud …")
        stack.preview(on_event=previewed.append)
        stack.preview_refresh(on_event=refreshed.append)
        return ProjectComparison(previewed, refreshed, stacks.outputs(stack))
