<<<<<<< HEAD
"""The aws plugin's resource types as a Markdown table: what is read live, what is replaced."""
=======
"""The aws provider's resource types as a table: what is read back live, and what is replaced."""
>>>>>>> d822dd2 (Providers: ResourceType, describe, wait_until_ready, NotFound and StateOnly are what the field calls them)

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.providers.aws.resource import AwsResourceType

HEAD = (
    "| type | kept | read back live | replaced when changed |",
    "|---|---|---|---|",
)


<<<<<<< HEAD
def markdown(kinds: Mapping[str, Any]) -> str:
    """One row per type, in the order of the plugin's services."""
    return "\n".join([*HEAD, *(_row(token, kind) for token, kind in kinds.items())]) + "\n"
=======
def markdown(resource_types: Mapping[str, Any]) -> str:
    """One row per type, in the order of the provider's services."""
    return (
        "\n".join(
            [
                *HEAD,
                *(_row(token, resource_type) for token, resource_type in resource_types.items()),
            ]
        )
        + "\n"
    )
>>>>>>> d822dd2 (Providers: ResourceType, describe, wait_until_ready, NotFound and StateOnly are what the field calls them)


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
