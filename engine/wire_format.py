"""How Pulumi marks secrets, in recorded states and in its gRPC messages, and how to mask them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key that marks an object as a wrapped value: a secret, an asset or an archive."""
SECRET = "1b47061264138c4ac30d75fd1eb44270"  # noqa: S105 - the mark, not a secret
"""The value of that key in a wrapped secret."""
MASK = "[secret]"
"""What is shown in place of a secret, as in the engine's own events."""


def masked(value: Any) -> Any:
    """A value as it may be shown: every wrapped value in it is replaced by the mask."""
    if isinstance(value, Mapping):
        if SIGNATURE in value:
            return MASK
        return {name: masked(item) for name, item in value.items()}
    return [masked(item) for item in value] if isinstance(value, (list, tuple)) else value
