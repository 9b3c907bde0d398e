"""`nexusdb policy …`: the rules that previews and updates are held against."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(help="Tells of the rules of policy/.", no_args_is_help=True)

REFUSED = 2


@app.callback()
def policy() -> None:
    """Keeps `policy` a group of commands while it has only one."""


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

    from config.faults import ConfigurationError
    from policy import documentation, waivers

    try:
        accepted = waivers.load()
    except ConfigurationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from None
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
