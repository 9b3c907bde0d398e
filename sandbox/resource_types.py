"""The aws provider's resource types as a Markdown table: what is read live, what is replaced."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.resource import AwsResourceType

HEAD = (
    "| type | kept | read back live | replaced when changed |",
    "|---|---|---|---|",
)


def markdown(resource_types: Mapping[str, Any]) -> str:
    """One row per type, in the order of the provider's tables."""
    rows = [_row(token, resource_type) for token, resource_type in resource_types.items()]
    return "\n".join([*HEAD, *rows]) + "\n"


def _row(token: str, resource_type: AwsResourceType) -> str:
    inputs = {name: prop for name, prop in resource_type.properties.items() if not prop.output}
    live = [name for name, prop in inputs.items() if prop.bound]
    replaced = [name for name, prop in inputs.items() if prop.replaces and name != "region"]
    kept = f"ledger only: {resource_type.ledger_only}" if resource_type.ledger_only else "bound"
    package, _, name = token.removeprefix("aws:").partition("/")
    cells = (f"{package}.{name.rpartition(':')[2]}", kept, _listed(live), _listed(replaced))
    return f"| {' | '.join(cells)} |"


def _listed(names: list[str]) -> str:
    return ", ".join(names) or "nothing"
