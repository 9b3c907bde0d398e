"""The comparisons of `nexusdb drift --sandbox`: the same findings, through the sandbox's engine."""

from __future__ import annotations

from pulumi.automation import EngineEvent

from acceptance import logins
from engine.errors import SandboxError
from engine.progress import Progress
from engine.projects import IN_ORDER, MAIN, Project
from engine.result import Operation, Outcome
from ops.drift import run as drift_run
from ops.drift.run import Compared, Report
from sandbox import run
from sandbox.emulator import client
from sandbox.paths import Home
from sandbox.variables import aws_variables


def compare(home: Home, progress: Progress) -> Report:
    """Both layers of a running environment; nothing is recorded and nothing changed."""
    if client.running(home) is None:
        raise SandboxError(
            f"environment {home.environment!r} isn't running; "
            f"start it with: nexusdb sandbox up --env {home.environment}"
        )
    with run.session(home, progress) as ready:
        projects = [_compared(ready, project) for project in IN_ORDER]
        variables = aws_variables(ready.endpoint, run.region(home))
        try:
            with progress.phase(f"{MAIN.label}: comparing with the database"):
                return drift_run.report(
                    projects,
                    drift_run.access_of(home.project_root, home.environment),
                    lambda: logins.aws_client("secretsmanager", variables),
                )
        except drift_run.DriftError as error:
            raise SandboxError(str(error)) from None


def _compared(ready: run.Session, project: Project) -> Compared:
    stack = ready.stack(project)
    events: dict[Operation, list[EngineEvent]] = {Operation.PREVIEW: [], Operation.REFRESH: []}
    outputs = {}
    with ready.progress.phase(f"{project.label}: comparing with code and cloud"):
        for operation, seen in events.items():
            result = stack.run(operation, seen.append, preview_only=True)
            if result.outcome is Outcome.FAILED:
                said = "; ".join(each.message for each in result.diagnostics)
                raise SandboxError(f"{project.label}: {operation.value} failed: {said}")
            outputs = dict(result.outputs)
    return Compared(events[Operation.PREVIEW], events[Operation.REFRESH], outputs)
