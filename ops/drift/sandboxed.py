"""The comparisons of `nexusdb drift --sandbox`: the same findings, through the sandbox's engine."""

from __future__ import annotations

from pulumi.automation import EngineEvent

from engine.progress import Progress
from engine.projects import IN_ORDER, MAIN, Project
from engine.result import Operation, Outcome
from engine.stack import Options
from ops.drift import run as drift_run
from ops.drift.run import Compared, Report
from sandbox import run
from sandbox.clients import aws_client
from sandbox.emulator import client
from sandbox.errors import SandboxError
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables


def compare(paths: SandboxPaths, progress: Progress) -> Report:
    """Both layers of a running environment; nothing is recorded and nothing changed."""
    if client.running(paths) is None:
        raise SandboxError(
            f"environment {paths.environment!r} isn't running; "
            f"start it with: nexusdb sandbox up --env {paths.environment}"
        )
    with run.session(paths, progress) as ready:
        projects = [_compared(ready, project) for project in IN_ORDER]
        variables = aws_variables(ready.endpoint, run.region(paths))
        try:
            with progress.phase(f"{MAIN.label}: comparing with the database"):
                return drift_run.report(
                    projects,
                    drift_run.access_of(paths.project_root, paths.environment),
                    lambda: aws_client("secretsmanager", variables),
                )
        except drift_run.DriftError as error:
            raise SandboxError(str(error)) from None


def _compared(ready: run.Session, project: Project) -> Compared:
    stack = ready.stack(project)
    events: dict[Operation, list[EngineEvent]] = {Operation.PREVIEW: [], Operation.REFRESH: []}
    outputs = {}
    progress = ready.progress
    recorded = len(stack.deployment().get("resources") or ())
    title = f"{project.label}: comparing with code and cloud"
    with progress.phase(title, len(events) * recorded, foreseen=True):
        for operation, seen in events.items():

            def record(event: EngineEvent, seen: list[EngineEvent] = seen) -> None:
                seen.append(event)
                progress.on_event(event)

            result = stack.run(operation, record, Options(preview_only=True))
            if result.outcome is Outcome.FAILED:
                said = "; ".join(each.message for each in result.diagnostics)
                raise SandboxError(f"{project.label}: {operation.value} failed: {said}")
            outputs = dict(result.outputs)
    return Compared(events[Operation.PREVIEW], events[Operation.REFRESH], outputs)
