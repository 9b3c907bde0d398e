"""`nexusdb policy …`: the rules that previews and updates are held against."""

from __future__ import annotations

import datetime
import json
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from policy.waivers import Waiver

app = typer.Typer(help="Tells of the rules of policy/.", no_args_is_help=True)

FAILED, REFUSED = 1, 2


@app.command(name="list")
def list_(
    markdown: Annotated[
        bool, typer.Option("--markdown", help="As docs/policy.md holds them.")
    ] = False,
) -> None:
    """List the rules, what repairs a broken one, and what is waived until when."""
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
        typer.FileText, typer.Argument(help="What `pulumi preview --json` printed; - for stdin.")
    ],
) -> None:
    """Judge the replacements and deletions of a real preview: what a policy pack isn't told.

    Code 1 when what holds data is lost and policy/waivers.yaml doesn't name it.
    """
    from policy import preview, waivers

    try:
        steps = list(preview.of_document(json.load(file)))
    except (ValueError, LookupError, AttributeError, TypeError):
        typer.echo(f"{file.name}: not what `pulumi preview --json` printed", err=True)
        raise typer.Exit(REFUSED) from None
    found = preview.outlook(steps).violations_of_changes()
    today = datetime.datetime.now(datetime.UTC).date()
    verdict = waivers.judge(found, _waivers(), today)
    for violation in verdict.violations:
        typer.echo(str(violation))
    if verdict.mandatory:
        raise typer.Exit(FAILED)


def _waivers() -> tuple[Waiver, ...]:
    from config.errors import ConfigurationError
    from policy import waivers

    try:
        return waivers.load()
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
