"""Checks a resource's inputs before anything is created: defaults, generated names, errors."""

from __future__ import annotations

import difflib
from typing import Any

from sandbox.providers.resource_type import MISSING, ResourceType
from sandbox.providers.wire import Properties

Fault = tuple[str, str]


GENERATED = "__defaults"
"""The input that lists the properties with a generated value, as in bridged providers."""


def completed(
    resource_type: ResourceType[Any], inputs: Properties, old: Properties, name: str, seed: bytes
) -> Properties:
    """The inputs with the provider's defaults and, where it has one, a generated name.

    A name that was generated before (it is in `old`) is kept.
    """
    defaults = {
        key: prop.default
        for key, prop in resource_type.properties.items()
        if prop.default is not MISSING and not prop.output
    }
    filled = {**defaults, **{key: value for key, value in inputs.items() if value is not None}}
    if resource_type.autonames and resource_type.named_by and resource_type.named_by not in filled:
        kept = old.get(resource_type.named_by) if old.get(GENERATED) else None
        filled[resource_type.named_by] = kept or f"{name}-{seed[:4].hex()[:7]}"
        filled[GENERATED] = [resource_type.named_by]
    return filled


def faults(resource_type: ResourceType[Any], inputs: Properties) -> list[Fault]:
    """Errors the provider would report: unknown or missing properties, then the type's rules."""
    found: list[Fault] = []
    for key in sorted(inputs.keys() - resource_type.inputs - {GENERATED}):
        near = difflib.get_close_matches(key, resource_type.inputs, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        found.append(
            (key, f"the sandbox does not know this property of {resource_type.token}{hint}")
        )
    for key, prop in resource_type.properties.items():
        if prop.required and key not in inputs:
            found.append((key, f"{resource_type.token} requires this property"))
    return found or resource_type.validate(inputs)
