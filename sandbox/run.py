"""Runs an operation on a sandbox: takes its lock, starts its emulator, collects the result."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from engine.policy_gate import PolicyGate
from engine.processes import cli, interrupts, leftovers, lock
from engine.processes.command import EngineCommand
from engine.progress import Progress
from engine.projects import MAIN, Project, read_yaml
from engine.recovery import Lookup
from engine.result import Check, Operation, Outcome, ProjectRun, Run
from engine.run import Environment, Request, over_projects
from engine.stack import ProjectStack
from sandbox import variables as environment
from sandbox import workspace
from sandbox.emulator import client
from sandbox.errors import SandboxError
from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.pgbouncer import binaries as pgbouncer_binary
from sandbox.servers.postgres import binaries
from sandbox.servers.redis import binaries as redis_binary

Updated = Callable[[SandboxPaths, str, Mapping[str, Any]], None]
"""Takes the paths, the emulator's endpoint and the outputs of the project that was updated."""
Checks = Callable[[SandboxPaths, str, Mapping[str, Any]], tuple[Check, ...]]
"""Takes the paths, the emulator's endpoint and the main stack's outputs; returns the results."""


@dataclass(frozen=True)
class Session:
    """An environment that is ready for the engine: locked, its files written, emulator running."""

    paths: SandboxPaths
    emulator: client.Emulator
    progress: Progress
    command: EngineCommand

    @property
    def endpoint(self) -> str:
        return self.emulator.endpoint

    def stack(self, project: Project) -> ProjectStack:
        return ProjectStack(self.paths, project, self.command)

    def resume_dead_servers(self) -> None:
        """Restarts the local servers that have exited unexpectedly, and reports their names."""
        try:
            with self.progress.phase("starting dead servers", announced=False):
                resumed = client.resume(self.emulator)
        except client.EmulatorError as error:
            raise SandboxError(str(error)) from error
        for name in resumed:
            self.progress.say(f"{name}: its server had ended and was started again")

    def healthy(self) -> bool:
        """Whether the emulator responds and none of its servers has exited unexpectedly."""
        return client.healthy(self.emulator)


def run(
    paths: SandboxPaths,
    operation: Operation,
    progress: Progress,
    *,
    lookup: Lookup,
    gate: PolicyGate | None = None,
    policy_packs: tuple[Path, ...] = (),
    updated: Mapping[Project, Updated] | None = None,
    preview_only: bool = False,
    refresh: bool = False,
    checks: Checks | None = None,
    plugins: Mapping[str, str] = workspace.PLUGINS,
) -> Run:
    """Runs the operation over both projects; the result says whether it succeeded.

    `lookup` finds the resources that a killed run left unrecorded. `gate` checks an `up` or a
    preview against the policy rules; `policy_packs` are directories of packs that the engine runs
    as well. The functions in `updated` run after their project's `up`, and `checks` after both
    projects have succeeded.
    """
    started = time.monotonic()
    with session(paths, progress, plugins) as ready:

        def after(project: Project, result: ProjectRun) -> None:
            if updated and project in updated:
                updated[project](paths, ready.endpoint, result.outputs)

        over = Environment(paths, ready.stack, lookup, progress, ready.healthy, after)
        if operation is Operation.UP:
            ready.resume_dead_servers()
        packs = tuple(workspace.write_policy_pack(paths, pack) for pack in policy_packs)
        request = Request(operation, gate, packs, preview_only=preview_only, refresh=refresh)
        outcome = over_projects(over, request)
        if checks is not None and outcome.outcome is Outcome.SUCCEEDED:
            checked = time.monotonic()
            with progress.phase("running the checks"):
                done = checks(paths, ready.endpoint, outcome.outputs(MAIN.label))
            took = time.monotonic() - checked
            outcome = replace(outcome, checks=done, checks_duration_s=took)
    return replace(outcome, duration_s=time.monotonic() - started)


@contextmanager
def session(
    paths: SandboxPaths, progress: Progress, plugins: Mapping[str, str] = workspace.PLUGINS
) -> Iterator[Session]:
    """Locks the environment, cleans up after a killed run, starts the emulator and writes the files
    that the engine works on."""
    signals = interrupts.Interrupts(progress.say)
    with signals.handled(), lock.held(paths):
        with progress.phase("cleaning up after a killed run", announced=False):
            _clear_leftovers(paths, progress)
        executable = tools(progress)
        emulator = _emulator(paths, progress)
        if emulator.started and workspace.has_state(paths):
            progress.say(
                "the emulator is no longer running, so its resources are lost: "
                "the recorded state is discarded and everything is created again"
            )
            workspace.discard_state(paths)
        workspace.lay_out(paths, plugins)
        variables = environment.run_variables(paths, emulator.endpoint, region(paths))
        with environment.applied(variables):
            command = EngineCommand(executable, cli.sdk_version(), signals)
            yield Session(paths, emulator, progress, command)


def tools(progress: Progress) -> Path:
    """Installs the local servers' programs and the Pulumi CLI; returns the CLI's path."""
    with progress.phase("installing the required programs", announced=False):
        try:
            binaries.install(progress.say)
            pgbouncer_binary.install(progress.say)
            redis_binary.install(progress.say)
        except binaries.MissingProgramError as error:
            raise SandboxError(str(error)) from error
        return cli.find(progress.say)


def down(paths: SandboxPaths, progress: Progress) -> None:
    """Stops the environment's processes and deletes its directory."""
    with lock.held(paths):
        with progress.phase("stopping the emulator and its servers", announced=False):
            _clear_leftovers(paths, progress)
            client.stop(paths)
            shutil.rmtree(paths.directory, ignore_errors=True)
        if paths.directory.exists():
            raise SandboxError(
                f"{paths.directory} could not be deleted entirely; delete it by hand"
            )
        lock.remove(paths)
    progress.say(f"{paths.environment}: stopped and deleted")


def is_provisioned(paths: SandboxPaths) -> bool:
    """Whether the engine has anything to destroy."""
    return workspace.has_state(paths) and client.running(paths) is not None


def region(paths: SandboxPaths, project: Project = MAIN) -> str:
    """The region that the project's stack file names."""
    config = read_yaml(paths.stack_file(project)).get("config") or {}
    return str(config.get("aws:region", environment.REGION))


def _clear_leftovers(paths: SandboxPaths, progress: Progress) -> None:
    if ended := leftovers.end_orphans(processes.variables(paths, processes.ENGINE)):
        progress.say(f"ended {ended} process(es) that a killed run had left")
    if leftovers.break_dead_locks(paths):
        progress.say("removed the lock of a killed run")


def _emulator(paths: SandboxPaths, progress: Progress) -> client.Emulator:
    if emulator := client.running(paths):
        return emulator
    try:
        with progress.phase("starting the emulator", announced=False):
            return client.ensure(paths)
    except client.EmulatorError as error:
        raise SandboxError(str(error)) from error
