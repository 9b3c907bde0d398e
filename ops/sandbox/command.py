"""`nexusdb sandbox …`: the same programs against an emulated AWS and real servers, on this machine.

The sandbox is imported inside the functions, so that `nexusdb --help` stays fast.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from ops.options import DEFAULT_ENVIRONMENT, EnvironmentOption, JsonOption

if TYPE_CHECKING:
    from engine.errors import EngineError
    from engine.progress import Progress
    from engine.result import Run
    from sandbox.paths import SandboxPaths

app = typer.Typer(help="Run an environment on this machine.", no_args_is_help=True)

ExpectNoChanges = Annotated[
    bool, typer.Option("--expect-no-changes", help="Exit with 7 if there are changes.")
]
WithPack = Annotated[
    bool,
    typer.Option("--with-pack", help="Also run policy/ as a policy pack in the engine."),
]
Verbose = Annotated[
    bool, typer.Option("--verbose", "-v", help="List every change instead of a progress bar.")
]
Name = Annotated[str, typer.Argument(help="The snapshot's name.")]


@dataclass(frozen=True)
class Output:
    """How a command shows its progress and result, and whether changes are an error."""

    as_json: bool = False
    verbose: bool = False
    expect_no_changes: bool = False


@app.command()
def up(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
    verbose: Verbose = False,
    with_pack: WithPack = False,
) -> None:
    """Create the environment or update it to match the code, then check the running servers.

    A violation of a policy rule that has no waiver stops the run before anything is changed.
    """
    from acceptance import checks

    _operate(env, Output(as_json, verbose), "up", checks=checks.run, with_pack=with_pack)


@app.command()
def prepare() -> None:
    """Install what a sandbox needs on this machine: the Pulumi CLI, PostgreSQL 15, Redis 7."""
    from rich.console import Console

    from engine.errors import EngineError
    from engine.progress import Progress
    from sandbox import run

    try:
        run.tools(Progress(Console(highlight=False)))
    except EngineError as error:
        _fail(error, False, "", "prepare")


@app.command()
def preview(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
    verbose: Verbose = False,
    expect_no_changes: ExpectNoChanges = False,
    with_pack: WithPack = False,
    refreshing: Annotated[
        bool, typer.Option("--refresh", help="Refresh the state first, as `up` does.")
    ] = False,
) -> None:
    """Show what `up` would change, and which policy rules the changes would violate."""
    output = Output(as_json, verbose, expect_no_changes)
    _operate(env, output, "preview", with_pack=with_pack, refresh=refreshing)


@app.command()
def refresh(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
    verbose: Verbose = False,
    expect_no_changes: ExpectNoChanges = False,
    preview_only: Annotated[
        bool, typer.Option("--preview-only", help="Compare only; leave the state as it is.")
    ] = False,
) -> None:
    """Compare the recorded state with the actual resources, and record the differences."""
    output = Output(as_json, verbose, expect_no_changes)
    _operate(env, output, "refresh", preview_only=preview_only)


@app.command()
def down(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    as_json: JsonOption = False,
    verbose: Verbose = False,
    destroy: Annotated[
        bool, typer.Option("--destroy", help="Let the engine destroy every resource first.")
    ] = False,
) -> None:
    """Stop all processes of the environment and delete its files."""

    def act(paths: SandboxPaths, progress: Progress) -> Run | None:
        from engine.result import Operation, Outcome
        from ops.sandbox.run import run as run_operation
        from sandbox import run

        result = None
        if destroy and run.is_provisioned(paths):
            result = run_operation(paths, Operation.DESTROY, progress)
            if result.outcome is Outcome.FAILED:
                return result
        run.down(paths, progress)
        return result

    _guarded(env, Output(as_json, verbose), "down", act)


@app.command()
def save(
    name: Name, env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False
) -> None:
    """Save the running environment under a name: Pulumi state, emulated AWS and data.

    The snapshot is stored in .sandbox/ENV.snapshots. It contains secrets, and only its owner can
    read it.
    """

    def act(paths: SandboxPaths, progress: Progress) -> None:
        from sandbox import snapshot

        snapshot.save(paths, name, progress)

    _guarded(env, Output(as_json), "save", act)


@app.command()
def restore(
    name: Name, env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False
) -> None:
    """Replace the environment with a saved snapshot, on the same ports.

    Refused if sandbox/ or moto has changed since, or if another program uses one of the ports.
    """

    def act(paths: SandboxPaths, progress: Progress) -> None:
        from sandbox import snapshot

        snapshot.restore(paths, name, progress)

    _guarded(env, Output(as_json), "restore", act)


@app.command(name="env")
def env_(env: EnvironmentOption = DEFAULT_ENVIRONMENT, as_json: JsonOption = False) -> None:
    """Print `export` lines with which boto3, psql and other tools connect to the environment."""
    from engine import projects
    from engine.errors import EngineError
    from ops.sandbox.connection_variables import render, variables
    from sandbox.paths import SandboxPaths

    try:
        found = variables(SandboxPaths(projects.require_environment(env)))
    except EngineError as error:
        _fail(error, as_json, env, "env")
    typer.echo(json.dumps(found, indent=2) if as_json else render(found), nl=as_json)


@app.command()
def types() -> None:
    """Print the AWS resource types that the sandbox supports, as the table in the docs."""
    from sandbox.providers.aws.__main__ import RESOURCE_TYPES
    from sandbox.resource_types import markdown

    typer.echo(markdown(RESOURCE_TYPES), nl=False)


def _operate(env: str, output: Output, operation: str, **options: Any) -> None:
    def act(paths: SandboxPaths, progress: Progress) -> Run | None:
        from engine.result import Operation
        from ops.sandbox.run import run

        warnings = _checked_configuration(env)
        result = run(paths, Operation(operation), progress, **options)
        return result.noting(warnings) if operation == "preview" else result

    _guarded(env, output, operation, act)


def _checked_configuration(env: str) -> list[str]:
    """Refuses an invalid environment file before anything is started; returns the warnings."""
    from config import check
    from engine.errors import RefusedError

    report = check.check(check.stack_files(environment=env))
    if report.faults:
        raise RefusedError("\n".join(str(fault) for fault in report.faults))
    return [str(warning) for warning in report.warnings]


def _guarded(
    env: str,
    output: Output,
    operation: str,
    act: Callable[[SandboxPaths, Progress], Run | None],
) -> None:
    """Runs `act`, shows the result as requested, and exits with the result's code."""
    from rich.console import Console

    from engine import projects
    from engine.errors import CHANGES_FOUND, FAILED, EngineError, InterruptedRunError
    from engine.progress import Progress
    from engine.result import Outcome
    from ops.sandbox import report
    from sandbox.paths import SandboxPaths

    as_json = output.as_json
    console = Console(stderr=as_json, highlight=False)
    try:
        paths = SandboxPaths(projects.require_environment(env))
        result = act(paths, Progress(console, verbose=output.verbose))
    except EngineError as error:
        _fail(error, as_json, env, operation)
    except KeyboardInterrupt:
        _fail(InterruptedRunError("interrupted"), as_json, env, operation)
    if as_json:
        empty = {"environment": env, "operation": operation, "result": "succeeded"}
        typer.echo(json.dumps(result.document() if result else empty, indent=2))
    if result is None:
        return
    report.show(result, console)
    if result.outcome is Outcome.FAILED:
        raise typer.Exit(FAILED)
    if output.expect_no_changes and result.has_changes:
        raise typer.Exit(CHANGES_FOUND)


def _fail(error: EngineError, as_json: bool, env: str, operation: str) -> NoReturn:
    """Reports an expected failure: one message, and the JSON document if `--json` was given."""
    if as_json:
        document = {"environment": env, "operation": operation, "result": "failed"}
        typer.echo(json.dumps({**document, "error": str(error)}, indent=2))
    for line in str(error).splitlines():
        typer.echo(f"nexusdb: {line}", err=True)
    raise typer.Exit(error.exit_code)
