"""Drift of a sandbox environment, compared with the sandbox's engine and emulator."""

from __future__ import annotations

from pulumi.automation import EngineEvent

from config.errors import ConfigurationError
from engine.progress import Progress
from engine.projects import IN_ORDER, MAIN, Project
from engine.result import Operation, Outcome
from engine.stack import Options
from ops import stacks
from ops.drift.report import DriftError, ProjectComparison, Report, report
from sandbox import run
from sandbox.clients import aws_client
from sandbox.emulator import client
from sandbox.errors import SandboxError
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables


def compare(paths: SandboxPaths, progress: Progress) -> Report:
    """Compares both layers of a running environment and changes nothing. Raises SandboxError."""
    client.require_running(paths)
    with run.session(paths, progress) as session:
        projects = [_compare_project(session, project) for project in IN_ORDER]
        variables = aws_variables(session.endpoint, run.region(paths))
        try:
            settings = stacks.settings(paths.project_root, paths.environment)
            with progress.phase(f"{MAIN.label}: comparing with the database"):
                return report(
                    projects, settings.database, lambda: aws_client("secretsmanager", variables)
                )
        except (DriftError, ConfigurationError) as error:
            raise SandboxError(str(error)) from None


def _compare_project(session: run.Session, project: Project) -> ProjectComparison:
    stack, progress = session.stack(project), session.progress
    events: dict[Operation, list[EngineEvent]] = {Operation.PREVIEW: [], Operation.REFRESH: []}
    outputs = {}
    recorded = len(stack.deployment().get("resources") or ())
    title = f"{project.label}: comparing with code and cloud"
    with progress.phase(title, len(events) * recorded, foreseen=True):
        for operation, seen in events.items():

            def record(event: EngineEvent, seen: list[EngineEvent] = seen) -> None:
                seen.append(event)
                progress.on_event(event)

            result = stack.run(operation, record, Options(preview_only=True))
            if result.outcome is Outcome.FAILED:
                reasons = "; ".join(each.message for each in result.diagnostics)
                raise SandboxError(f"{project.label}: {operation.value} failed: {reasons}")
            outputs = dict(result.outputs)
    return ProjectComparison(events[Operation.PREVIEW], events[Operation.REFRESH], outputs)
