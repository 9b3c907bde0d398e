"""Command-line options that several commands share."""

from __future__ import annotations

from typing import Annotated

import typer

EnvironmentOption = Annotated[
    str,
    typer.Option("--env", metavar="ENV", help="Environment name, as in Pulumi.<ENV>.yaml."),
]
SandboxOption = Annotated[
    bool,
    typer.Option("--sandbox", help="Use the sandbox environment running on this machine."),
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print one JSON document to stdout and nothing else.")
]
DEFAULT_ENVIRONMENT = "production"
