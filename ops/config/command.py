"""`nexusdb config …`: whether the environment files are right, told without touching anything."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(help="Looks after the environment files.", no_args_is_help=True)

REFUSED = 2


@app.callback()
def config() -> None:
    """Keeps `config` a group of commands while it has only one."""


@app.command()
def check(
    files: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="[FILE]...",
            help="Stack files, such as Pulumi.staging.yaml; without any: all of both projects.",
        ),
    ] = None,
) -> None:
    """Tell what is wrong in environment files: one line a fault, and code 2 if there is one.

    A line names the file, the key, what is wrong and what would be right. Warnings alone end
    with code 0.
    """
    from config import check as checking

    checked = files or checking.stack_files()
    report = checking.check(checked)
    for fault in report.faults:
        typer.echo(str(fault))
    for warning in report.warnings:
        typer.echo(f"warning: {warning}", err=True)
    if report.faults:
        raise typer.Exit(REFUSED)
    what = "1 file is" if len(checked) == 1 else f"{len(checked)} files are"
    typer.echo(f"{what} right", err=True)
