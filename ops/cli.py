"""The `nexusdb` command line."""

from __future__ import annotations

import atexit
import gc
import sys

import typer

from ops.backups import command as backups_command
from ops.config import command as config_command
from ops.drift import command as drift_command
from ops.policy import command as policy_command
from ops.sandbox import command as sandbox_command

app = typer.Typer(
    help="Operate the NexusFlow database platform.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(sandbox_command.app, name="sandbox")
app.add_typer(config_command.app, name="config")
app.add_typer(backups_command.app, name="backups")
app.add_typer(policy_command.app, name="policy")
app.command()(drift_command.drift)


def main() -> None:
    """Runs a command and exits with its code."""
    # Collections over the SDK's many objects make a preview a sixth slower and save less than a
    # tenth of its memory; a command ends before there is garbage worth collecting.
    gc.disable()
    atexit.register(gc.freeze)  # avoids the interpreter's final collection as well
    sys.exit(app())
