"""Runs an operation over both projects of an environment, in order. Recovers from a killed run
first, and checks the policy rules on a preview before an update."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from pulumi import automation

from engine import fingerprint
from engine.errors import EngineError
from engine.paths import EnvironmentPaths
from engine.policy_gate import PolicyGate
from engine.progress import Progress
from engine.projects import IN_ORDER, MAIN, Project
from engine.recovery import Lookup, has_pending_operations, recover
from engine.result import Operation, Outcome, ProjectRun, Run
from engine.stack import Options, ProjectStack, error_lines

RUNNING = {
    Operation.UP: "refreshing and updating",
    Operation.PREVIEW: "previewing",
    Operation.REFRESH: "refreshing",
    Operation.DESTROY: "destroying",
}

GATED = (Operation.UP, Operation.PREVIEW)
"""The operations that policy rules apply to. A refresh doesn't run the program, and a destroy is
deliberate."""


@dataclass(frozen=True)
class Environment:
    """The environment of a run, and the functions that it needs."""

    paths: EnvironmentPaths
    stack: Callable[[Project], ProjectStack]
    lookup: Lookup
    """For recovery from a killed run."""
    progress: Progress
    healthy: Callable[[], bool]
    """Whether the emulator and every local server respond."""
    updated: Callable[[Project, ProjectRun], None] = lambda _project, _result: None
    """Called after each project's `up`, before the next project starts."""


@dataclass(frozen=True)
class Request:
    """The operation to run, and its options."""

    operation: Operation
    gate: PolicyGate | None = None
    """Checks an `up` before it changes anything, and a preview. It ignores other operations."""
    policy_packs: tuple[Path, ...] = ()
    """Packs that the engine itself evaluates in an `up` or a preview: directory or executable."""
    preview_only: bool = False
    """For a refresh: compare, and leave the state unchanged."""
    refresh: bool = False
    """For a preview: refresh first, as `up` does."""

    @property
    def options(self) -> Options:
        gate = self.gate if self.operation in GATED else None
        return Options(
            refresh=self.refresh,
            preview_only=self.preview_only,
            gate=gate,
            policy_packs=self.policy_packs,
        )

    @property
    def writes(self) -> bool:
        """Whether the state is written."""
        return self.operation is not Operation.PREVIEW and not self.preview_only


def over_projects(environment: Environment, request: Request) -> Run:
    """The operation over both projects in order; it stops after a project that fails."""
    done: list[ProjectRun] = []
    notes: list[str] = []
    operation = request.operation
    order = tuple(reversed(IN_ORDER)) if operation is Operation.DESTROY else IN_ORDER
    if operation is Operation.DESTROY:
        refuse_protected(environment)
    for project in order:
        if operation is Operation.PREVIEW and project is MAIN and not done[-1].outputs:
            notes.append(
                "main is not previewed: it needs the foundation's outputs, which exist after the "
                f"first `up` of {environment.paths.environment}"
            )
            break
        with _cli_errors(project):
            result = _over_project(environment, project, request, notes)
        done.append(result)
        if operation is Operation.UP and result.outcome is Outcome.SUCCEEDED:
            environment.updated(project, result)
        if result.outcome is Outcome.FAILED:
            break
    return Run(operation, environment.paths.environment, tuple(done), notes=tuple(notes))


def _over_project(
    environment: Environment, project: Project, request: Request, notes: list[str]
) -> ProjectRun:
    progress, operation = environment.progress, request.operation
    stack = environment.stack(project)
    pending = has_pending_operations(stack.deployment())
    notes += recover(stack, operation, environment.lookup, progress.say, may_write=request.writes)
    recorded = len(stack.deployment().get("resources") or ())
    expected = recorded * (2 if request.refresh else 1)
    if operation is Operation.UP and request.gate is not None:
        with progress.phase(f"{project.label}: previewing", 2 * recorded or None, foreseen=True):
            options = replace(request.options, refresh=True)
            ahead = stack.run(Operation.PREVIEW, progress.on_event, options)
        if ahead.outcome is Outcome.FAILED:
            notes.append(f"{project.label}: stopped before anything was changed")
            return replace(ahead, resources=())
        if ahead.unchanged and not pending and _can_skip(environment, project):
            progress.say(f"{project.label}: nothing to update")
            return ahead
        expected = recorded + len(ahead.resources)
    title = f"{project.label}: {RUNNING[operation]}"
    with progress.phase(title, expected or None, foreseen=not request.writes):
        if operation is not Operation.UP:
            return stack.run(operation, progress.on_event, request.options)
        code = fingerprint.of_code(environment.paths.project_root)
        fingerprint.forget(environment.paths, project)
        result = stack.run(operation, progress.on_event, request.options)
        if result.outcome is Outcome.SUCCEEDED:
            fingerprint.record(environment.paths, project, code)
        return result


def _can_skip(environment: Environment, project: Project) -> bool:
    """Whether an update that would change no resource can be skipped: the last update ran the
    current code, and the emulator and all servers respond."""
    code = fingerprint.of_code(environment.paths.project_root)
    return fingerprint.is_current(environment.paths, project, code) and environment.healthy()


@contextmanager
def _cli_errors(project: Project) -> Iterator[None]:
    """Reports a CLI command that fails outside an operation by its error lines, not a traceback."""
    try:
        yield
    except automation.CommandError as error:
        raise EngineError(f"{project.label}: {error_lines(str(error))}") from None


def refuse_protected(environment: Environment) -> None:
    """Refuses to destroy protected resources. The engine alone would first delete everything that
    isn't protected, and only then fail."""
    protected = [
        resource["urn"].rpartition("::")[2]
        for project in IN_ORDER
        for resource in environment.stack(project).deployment().get("resources") or ()
        if resource.get("protect")
    ]
    if protected:
        names = ", ".join(sorted(protected))
        raise EngineError(
            f"{environment.paths.environment} has protected resources ({names}): nothing was "
            "deleted. Disable deletion_protection in the stack file, with a reason, run `up`, "
            "then destroy"
        )
