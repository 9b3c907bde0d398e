"""`nexusdb backups …`: whether backups will succeed, without making one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

if TYPE_CHECKING:
    from acceptance.backup_preflight import Clients, Proof

app = typer.Typer(help="Looks after the backups.", no_args_is_help=True)
FAILED = 1
ROOT = Path(__file__).resolve().parents[2]


@app.callback()
def backups() -> None:
    """Makes `backups` a group although it has only one command: typer would drop the name."""


@app.command()
def preflight(
    env: Annotated[
        str, typer.Option("--env", metavar="ENV", help="The environment: a stack file's name.")
    ] = "production",
    sandbox: Annotated[
        bool, typer.Option("--sandbox", help="Look at the environment that runs on this machine.")
    ] = False,
    as_json: Annotated[
        bool, typer.Option("--json", help="One JSON document on stdout, nothing else.")
    ] = False,
) -> None:
    """Check keys, roles, policies and locks before the first backup. 1 if one is wrong."""
    from acceptance.backup_preflight import Preflight
    from config import load
    from config.errors import ConfigurationError
    from config.settings.stack import Settings

    try:
        settings = load.read(ROOT / f"Pulumi.{env}.yaml")
    except ConfigurationError as error:
        _fail(str(error))
    assert isinstance(settings, Settings)  # noqa: S101 - the root's project is the main one
    outputs, clients = _in_sandbox(env) if sandbox else _real(env)
    if "backups" not in outputs:
        _fail(f"the stack {env!r} has no backups yet")
    show(env, Preflight(outputs, settings, clients).proofs(), as_json)


def show(env: str, proofs: list[Proof], as_json: bool) -> None:
    wrong = [proof for proof in proofs if not proof.holds]
    if as_json:
        document = {
            "environment": env,
            "result": "unfit" if wrong else "fit",
            "proofs": [{"what": each.what, "wrong": each.wrong or None} for each in proofs],
        }
        typer.echo(json.dumps(document, indent=2))
    else:
        for each in proofs:
            typer.echo(f"ok     {each.what}" if each.holds else f"wrong  {each.what}: {each.wrong}")
    if wrong:
        raise typer.Exit(FAILED)


def _real(env: str) -> tuple[Mapping[str, Any], Clients]:
    import boto3
    from pulumi import automation

    try:
        stack = automation.select_stack(env, work_dir=str(ROOT))
        outputs = {name: output.value for name, output in stack.outputs().items()}
    except automation.StackNotFoundError:
        _fail(f"there is no stack {env!r}")
    except automation.CommandError as error:
        lines = [line.strip() for line in str(error).splitlines() if "error:" in line]
        _fail("; ".join(lines) or "the Pulumi CLI failed")
    return outputs, lambda service, region: boto3.client(service, region_name=region)


def _in_sandbox(env: str) -> tuple[Mapping[str, Any], Clients]:
    from engine import checkpoint
    from engine.projects import MAIN
    from sandbox.clients import aws_client
    from sandbox.emulator import client
    from sandbox.paths import SandboxPaths
    from sandbox.variables import aws_variables

    paths = SandboxPaths(env)
    emulator = client.running(paths)
    if emulator is None:
        _fail(f"environment {env!r} isn't running; start it: nexusdb sandbox up --env {env}")

    def clients(service: str, region: str) -> Any:
        return aws_client(service, aws_variables(emulator.endpoint, region))

    deployment = checkpoint.deployment(paths, MAIN.name(paths.project_root))
    return checkpoint.outputs(deployment), clients


def _fail(message: str) -> NoReturn:
    for line in message.splitlines():
        typer.echo(f"nexusdb: {line}", err=True)
    raise typer.Exit(FAILED)
