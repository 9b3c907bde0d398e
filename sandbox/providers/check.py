"""Checking a resource's inputs before anything is registered: defaults, names, faults."""

from __future__ import annotations

import difflib
from typing import Any

from sandbox.providers.resource_type import MISSING, Kind
from sandbox.providers.wire import Properties

Fault = tuple[str, str]


GENERATED = "__defaults"
"""The input that lists which property has a generated name, as in the bridged providers."""


def completed(
    kind: Kind[Any], inputs: Properties, old: Properties, name: str, seed: bytes
) -> Properties:
    """The inputs with the provider's defaults and, where it has one, a generated name.

    A name once generated (it stands in `old`) is kept.
    """
    defaults = {
        key: prop.default
        for key, prop in kind.properties.items()
        if prop.default is not MISSING and not prop.output
    }
    filled = {**defaults, **{key: value for key, value in inputs.items() if value is not None}}
    if kind.autonames and kind.named_by and kind.named_by not in filled:
        kept = old.get(kind.named_by) if old.get(GENERATED) else None
        filled[kind.named_by] = kept or f"{name}-{seed[:4].hex()[:7]}"
        filled[GENERATED] = [kind.named_by]
    return filled


def faults(kind: Kind[Any], inputs: Properties) -> list[Fault]:
    """What the provider would refuse: unknown and missing properties, then the kind's own rules."""
    found: list[Fault] = []
    for key in sorted(inputs.keys() - kind.inputs - {GENERATED}):
        near = difflib.get_close_matches(key, kind.inputs, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        found.append((key, f"the sandbox does not know this property of {kind.token}{hint}"))
    for key, prop in kind.properties.items():
        if prop.required and key not in inputs:
            found.append((key, f"{kind.token} requires this property"))
    return found or kind.validate(inputs)
