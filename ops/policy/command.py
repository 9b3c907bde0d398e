"""`nexusdb policy …`: the policy rules that previews and updates must pass."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from policy.waivers import Waiver

app = typer.Typer(help="List policy rules; check a preview against them.", no_args_is_help=True)

VIOLATED, INVALID = 1, 2


@app.command(name="list")
def list_(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print Markdown, the content of docs/policy.md.")
    ] = False,
) -> None:
    """List the rules, how to fix a violation of each, and the waivers with their expiry dates."""
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    from policy import documentation

    accepted = _waivers()
    if markdown:
        typer.echo(documentation.markdown(accepted), nl=False)
        return
    rules = [rule for section in documentation.ALL.values() for rule in section]
    tables = (
        ("Rules", documentation.RULE_HEADINGS, map(documentation.rule_cells, rules)),
        ("Waivers", documentation.WAIVER_HEADINGS, map(documentation.waiver_cells, accepted)),
    )
    console = Console(highlight=False)
    for title, headings, rows in tables:
        if not console.is_terminal:
            typer.echo("\n".join(["\t".join(headings), *("\t".join(row) for row in rows)]))
            continue
        table = Table(*headings, title=title)
        for row in rows:
            table.add_row(*map(escape, row))
        console.print(table)


@app.command()
def check(
    file: Annotated[
        typer.FileText, typer.Argument(help="Output of `pulumi preview --json`; - for stdin.")
    ],
) -> None:
    """Check the replacements and deletions of a preview, which a policy pack can't see.

    Exits with 1 when a resource that holds data would be lost and policy/waivers.yaml doesn't
    name it.
    """
    from policy import preview, waivers

    try:
        steps = list(preview.of_document(json.load(file)))
    except (ValueError, LookupError, AttributeError, TypeError):
        typer.echo(f"{file.name}: this is not output of `pulumi preview --json`", err=True)
        raise typer.Exit(INVALID) from None
    found = preview.outlook(steps).violations_of_changes()
    today = datetime.datetime.now(datetime.UTC).date()
    verdict = waivers.judge(found, _waivers(), today)
    for violation in verdict.violations:
        typer.echo(str(violation))
    if verdict.mandatory:
        raise typer.Exit(VIOLATED)


def _waivers() -> tuple[Waiver, ...]:
    from config.errors import ConfigurationError
    from policy import waivers

    try:
        return waivers.load()
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(INVALID) from None
