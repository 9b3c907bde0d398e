"""Whether two values of a property are equivalent; the tables refer to these by name."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

from sandbox.providers.resource_type import empty


def document(value: Any) -> Any:
    """A JSON document in which a list of one element equals the element, as in IAM."""
    return _unwrapped(json.loads(value) if isinstance(value, str) else value)


def _unwrapped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _unwrapped(item) for key, item in value.items()}
    if isinstance(value, list):
        items = [_unwrapped(item) for item in value]
        return items[0] if len(items) == 1 else sorted(items, key=repr)
    return value


def without_unset(value: Any) -> Any:
    """A nested value without members that are equivalent to leaving them out."""
    if isinstance(value, Mapping):
        members = {key: without_unset(item) for key, item in value.items()}
        return {key: item for key, item in members.items() if item is not False and not empty(item)}
    return [without_unset(item) for item in value] if isinstance(value, list) else value


def _by(normalized: Callable[[Any], Any]) -> Callable[[Any, Any], bool]:
    return lambda actual, desired: bool(normalized(actual) == normalized(desired))


def _fits(actual: Any, desired: Any) -> bool:
    return str(actual) == str(desired) or str(actual).startswith(f"{desired}.")


def _includes(actual: Any, desired: Any) -> bool:
    return all(actual.get(key) == value for key, value in desired.items())


COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "document": _by(document),
    # 15 for 15.8
    "version or its prefix": _fits,
    "without unset": _by(without_unset),
    # the service chooses what the program leaves out
    "stated only": _includes,
}
