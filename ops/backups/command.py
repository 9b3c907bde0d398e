"""`nexusdb backups …`: checks of the backup setup. They start no backup."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import typer

from ops.options import DEFAULT_ENVIRONMENT, EnvironmentOption, JsonOption, SandboxOption

if TYPE_CHECKING:
    from acceptance.backup_preflight import Clients, Prerequisite

app = typer.Typer(help="Check the backup setup.", no_args_is_help=True)
FAILED = 1
PROJECT_ROOT = Path(__file__).resolve().parents[2]


@app.callback()
def backups() -> None:
    """Keeps `backups` a command group although it has only one command."""


@app.command()
def preflight(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    sandbox: SandboxOption = False,
    as_json: JsonOption = False,
) -> None:
    """Check the keys, roles, policies and vault locks that the first backup needs.

    Exits with 1 when a prerequisite is not met.
    """
    from acceptance.backup_preflight import Preflight
    from config.errors import ConfigurationError
    from ops import stacks

    try:
        settings = stacks.settings(PROJECT_ROOT, env)
    except ConfigurationError as error:
        _fail(str(error))
    outputs, clients = _sandboxed(env) if sandbox else _deployed(env)
    if "backups" not in outputs:
        _fail(f"stack {env!r} has no backups yet")
    show(env, Preflight(outputs, settings, clients).prerequisites(), as_json)


def show(env: str, prerequisites: list[Prerequisite], as_json: bool) -> None:
    """Prints the result of every check and exits with 1 if one failed."""
    failed = [each for each in prerequisites if not each.is_met]
    if as_json:
        document = {
            "environment": env,
            "result": "failed" if failed else "passed",
            "prerequisites": [
                {"description": each.description, "problem": each.problem or None}
                for each in prerequisites
            ],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        for each in prerequisites:
            typer.echo(
                f"ok      {each.description}"
                if each.is_met
                else f"FAILED  {each.description}: {each.problem}"
            )
    if failed:
        raise typer.Exit(FAILED)


def _deployed(env: str) -> tuple[Mapping[str, Any], Clients]:
    import boto3
    from pulumi import automation

    from ops import stacks

    try:
        with stacks.readable_errors(PROJECT_ROOT, env):
            outputs = stacks.outputs(automation.select_stack(env, work_dir=str(PROJECT_ROOT)))
    except stacks.StackError as error:
        _fail(str(error))
    return outputs, lambda service, region: boto3.client(service, region_name=region)


def _sandboxed(env: str) -> tuple[Mapping[str, Any], Clients]:
    from engine import checkpoint
    from engine.errors import EngineError
    from engine.projects import MAIN, require_environment
    from sandbox.clients import aws_client
    from sandbox.emulator import client
    from sandbox.paths import SandboxPaths
    from sandbox.variables import aws_variables

    try:
        paths = SandboxPaths(require_environment(env))
        endpoint = client.require_running(paths).endpoint
    except EngineError as error:
        _fail(str(error))

    def clients(service: str, region: str) -> Any:
        return aws_client(service, aws_variables(endpoint, region))

    deployment = checkpoint.deployment(paths, MAIN.name(paths.project_root))
    return checkpoint.outputs(deployment), clients


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"nexusdb: {line}", err=True)
    raise typer.Exit(FAILED)
