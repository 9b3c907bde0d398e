"""`nexusdb config …`: validation of environment files, without cloud access."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Validate environment files.", no_args_is_help=True)

INVALID = 2


@app.callback()
def config() -> None:
    """Keeps `config` a command group although it has only one command."""


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Stack files, such as Pulumi.staging.yaml; by default all files of both projects.",
        ),
    ] = None,
) -> None:
    """Validate environment files: print one line per error, and exit with 2 if there are any.

    Each line names the file, the key, the problem and the remedy. Warnings go to stderr and leave
    the exit code at 0.
    """
    from config import check as checking

    checked = files or checking.stack_files()
    report = checking.check(checked)
    for fault in report.faults:
        typer.echo(str(fault))
    for warning in report.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if report.faults:
        raise typer.Exit(INVALID)
    typer.echo(
        "1 file is valid" if len(checked) == 1 else f"{len(checked)} files are valid", err=True
    )
