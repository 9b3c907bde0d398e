"""Runs an operation over both projects of an environment, from its lock to its result."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pulumi import automation

from engine import cli, interrupts, leftovers, lock, pending
from engine.command import EngineCommand
from engine.errors import SandboxError
from engine.progress import Progress
from engine.projects import FOUNDATION, IN_ORDER, MAIN, Project, read_yaml
from engine.result import Check, Operation, Outcome, ProjectRun, Run
from engine.stack import ProjectStack, last_words
from ops import policy_gate
from ops.policy_gate import Policing
from sandbox import images, workspace
from sandbox import variables as environment
from sandbox.emulator import client
from sandbox.paths import Home
from sandbox.servers.pgbouncer import binaries as pgbouncer_binary
from sandbox.servers.postgres import binaries
from sandbox.servers.redis import binaries as redis_binary

Checks = Callable[[Home, str, Mapping[str, Any]], tuple[Check, ...]]
"""Home, endpoint and the main stack's outputs -> what was tried."""

DOING = {
    Operation.UP: "refreshing and updating",
    Operation.PREVIEW: "previewing",
    Operation.REFRESH: "refreshing",
    Operation.DESTROY: "destroying",
}

POLICED = (Operation.UP, Operation.PREVIEW)
"""Not a refresh, which says nothing of the code, nor a destruction, which somebody asked for."""


@dataclass(frozen=True)
class Session:
    """An environment that is ready for the engine: ours alone, laid out, its emulator running."""

    home: Home
    endpoint: str
    progress: Progress
    command: EngineCommand

    def stack(self, project: Project) -> ProjectStack:
        return ProjectStack(self.home, project, self.command)


def run(
    home: Home,
    operation: Operation,
    progress: Progress,
    *,
    preview_only: bool = False,
    checks: Checks | None = None,
    plugins: Mapping[str, str] = workspace.PLUGINS,
    with_pack: bool = False,
) -> Run:
    """Runs the operation over both projects; the result tells whether it succeeded."""
    started = time.monotonic()
    rules = policy_gate.of_today(with_pack=with_pack) if operation in POLICED else None
    with session(home, progress, plugins) as ready:
        outcome = _over_projects(ready, operation, preview_only, rules)
        if checks is not None and outcome.outcome is Outcome.SUCCEEDED:
            with progress.phase("checking what runs"):
                done = checks(home, ready.endpoint, outcome.outputs(MAIN.label))
            outcome = replace(outcome, checks=done)
    return replace(outcome, duration_s=time.monotonic() - started)


@contextmanager
def session(
    home: Home, progress: Progress, plugins: Mapping[str, str] = workspace.PLUGINS
) -> Iterator[Session]:
    """Takes the environment, clears what a killed run left, and makes all ready for the engine."""
    signals = interrupts.Interrupts(progress.say)
    with signals.handled(), lock.held(home):
        _clear_leftovers(home, progress)
        executable = tools(progress)
        emulator = _emulator(home, progress)
        if emulator.started and workspace.has_state(home):
            progress.say(
                "the emulator had ended, and its cloud with it: "
                "the recorded state is discarded, everything is built anew"
            )
            workspace.discard_state(home)
        workspace.lay_out(home, plugins)
        variables = environment.run_variables(home, emulator.endpoint, region(home))
        with environment.applied(variables):
            command = EngineCommand(executable, cli.sdk_version(), signals)
            yield Session(home, emulator.endpoint, progress, command)


def tools(progress: Progress) -> Path:
    """Gets what a run needs on this machine: the servers, and the CLI, whose path it returns."""
    try:
        binaries.install(progress.say)
        pgbouncer_binary.install(progress.say)
        redis_binary.install(progress.say)
    except binaries.MissingProgramError as error:
        raise SandboxError(str(error)) from error
    return cli.find(progress.say)


def down(home: Home, progress: Progress) -> None:
    """Stops everything of the environment and deletes its directory."""
    with lock.held(home):
        _clear_leftovers(home, progress)
        client.stop(home)
        shutil.rmtree(home.directory, ignore_errors=True)
        if home.directory.exists():
            raise SandboxError(f"{home.directory} could not be deleted entirely; delete it by hand")
        lock.remove(home)
    progress.say(f"{home.environment}: stopped and deleted")


def is_provisioned(home: Home) -> bool:
    """Whether there is anything that the engine could destroy."""
    return workspace.has_state(home) and client.running(home) is not None


def region(home: Home, project: Project = MAIN) -> str:
    """The region that the project's stack file names."""
    file = project.source(home.project_root) / f"Pulumi.{home.environment}.yaml"
    config = read_yaml(file).get("config") or {}
    return str(config.get("aws:region", environment.REGION))


def _over_projects(
    ready: Session, operation: Operation, preview_only: bool, rules: Policing | None
) -> Run:
    done: list[ProjectRun] = []
    notes: list[str] = []
    order = tuple(reversed(IN_ORDER)) if operation is Operation.DESTROY else IN_ORDER
    if operation is Operation.DESTROY:
        _refuse_to_destroy_what_is_protected(ready)
    for project in order:
        if operation is Operation.PREVIEW and project is MAIN and not done[-1].outputs:
            notes.append(
                "main is not previewed: it builds on the foundation's outputs, which exist after "
                f"`nexusdb sandbox up --env {ready.home.environment}`"
            )
            break
        looks_ahead = operation is Operation.UP and rules is not None
        doing = "looking ahead" if looks_ahead else DOING[operation]
        with ready.progress.phase(f"{project.label}: {doing}"), _told(project):
            stack = ready.stack(project)
            may_write = operation is not Operation.PREVIEW and not preview_only
            notes += pending.take_up(
                stack, operation, region(ready.home), ready.progress.say, may_write=may_write
            )
            if rules is not None and looks_ahead:
                result = stack.foresee(rules)
            else:
                result = stack.run(operation, ready.progress.on_event, preview_only, rules)
        if looks_ahead and result.outcome is Outcome.SUCCEEDED:
            with ready.progress.phase(f"{project.label}: {DOING[operation]}"), _told(project):
                result = stack.run(operation, ready.progress.on_event, policing=rules)
        elif looks_ahead:
            result = replace(result, resources=())
            notes.append(f"{project.label}: stopped before anything was changed")
        done.append(result)
        if project is FOUNDATION and operation is Operation.UP:
            images.push(ready.home, ready.endpoint, region(ready.home), result.outputs)
        if result.outcome is Outcome.FAILED:
            break
    return Run(operation, ready.home.environment, tuple(done), notes=tuple(notes))


@contextmanager
def _told(project: Project) -> Iterator[None]:
    """A command of the CLI that fails outside an operation: its words, not a traceback."""
    try:
        yield
    except automation.CommandError as error:
        raise SandboxError(f"{project.label}: {last_words(str(error))}") from None


def _refuse_to_destroy_what_is_protected(ready: Session) -> None:
    """Asked first: the engine by itself deletes everything that isn't protected, then fails."""
    protected = [
        resource["urn"].rpartition("::")[2]
        for project in IN_ORDER
        for resource in ready.stack(project).deployment().get("resources") or ()
        if resource.get("protect")
    ]
    if protected:
        raise SandboxError(
            f"{ready.home.environment} is protected ({', '.join(sorted(protected))}): nothing was "
            "deleted. Switch deletion_protection off in the stack file, with a reason, run `up`, "
            "then destroy"
        )


def _clear_leftovers(home: Home, progress: Progress) -> None:
    if ended := leftovers.end_orphans(home):
        progress.say(f"ended {ended} process(es) that a killed run had left")
    if leftovers.break_dead_locks(home):
        progress.say("removed the lock of a killed run")


def _emulator(home: Home, progress: Progress) -> client.Emulator:
    if emulator := client.running(home):
        return emulator
    try:
        with progress.phase("starting the emulator"):
            return client.ensure(home)
    except client.EmulatorError as error:
        raise SandboxError(str(error)) from error
