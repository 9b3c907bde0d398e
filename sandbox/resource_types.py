"""The aws plugin's resource types as a Markdown table: what is read live, what is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.resource import Resource

HEAD = (
    "| type | kept | read back live | replaced when changed |",
    "|---|---|---|---|",
)


def markdown(kinds: Mapping[str, Any]) -> str:
    """One row per type, in the order of the plugin's services."""
    return "\n".join([*HEAD, *(_row(token, kind) for token, kind in kinds.items())]) + "\n"


def _row(token: str, kind: Resource) -> str:
    inputs = {name: prop for name, prop in kind.properties.items() if not prop.output}
    live = [name for name, prop in inputs.items() if prop.bound]
    replaced = [name for name, prop in inputs.items() if prop.replaces and name != "region"]
    kept = f"ledger only: {kind.ledger_only}" if kind.ledger_only else "bound"
    package, _, name = token.removeprefix("aws:").partition("/")
    cells = (f"{package}.{name.rpartition(':')[2]}", kept, _listed(live), _listed(replaced))
    return f"| {' | '.join(cells)} |"


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"
