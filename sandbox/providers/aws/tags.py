"""Conversion of tags: programs use a mapping, and almost every service's API its own form."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sandbox.providers.aws import shapes
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.wire import Properties


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove."""
    wanted = {key: value for key, value in new.items() if old.get(key) != value}
    return wanted, sorted(old.keys() - new.keys())


def update(scope: Scope, tag: Operation, untag: Operation, state: Properties) -> None:
    """Changes the tags from those in `state` to those of the scope."""
    wanted, unwanted = changes(state.get("tags") or {}, scope.values.get("tags") or {})
    if unwanted:
        scope.run(untag, **_keys(scope, untag, unwanted))
    if wanted:
        scope.run(tag, **arguments(scope, tag.method, wanted))


def arguments(
    scope: Scope, method: str, tags: Mapping[str, str], noun: str | None = None
) -> dict[str, Any]:
    """The tags argument of a call; `noun` is EC2's name for the resource type."""
    if not tags:
        return {}
    pairs = sorted(tags.items())
    if noun:
        listed = [{"Key": key, "Value": value} for key, value in pairs]
        return {"TagSpecifications": [{"ResourceType": noun, "Tags": listed}]}
    for name, shape in _members(scope, method):
        if name.lower().endswith("tags") and shape.type_name == "map":
            return {name: dict(tags)}
        if name.lower().endswith("tags") and shape.type_name == "list":
            if not hasattr(shape.member, "members"):  # a list of keys, not of tags
                continue
            key, value = sorted(shape.member.members, key=lambda each: "value" in each.lower())
            return {name: [{key: k, value: v} for k, v in pairs]}
    raise LookupError(f"{method} takes no tags")


def mapping(found: Any) -> dict[str, str]:
    """Tags as a mapping, without the `aws:` tags, which AWS sets."""
    if not isinstance(found, Mapping):
        pairs = (tuple(tag[name] for name in sorted(tag)) for tag in found or ())  # key, value
        found = dict(pairs)
    return {key: value for key, value in found.items() if not key.startswith("aws:")}


def _keys(scope: Scope, untag: Operation, keys: Collection[str]) -> dict[str, Any]:
    for name, shape in _members(scope, untag.method):
        if shape.type_name == "list" and name.lower().startswith(("tag", "removetag")):
            pairs = shape.member.type_name == "structure"
            return {name: [{"Key": key} if pairs else key for key in keys]}
    raise LookupError(f"{untag.method} takes no tag keys")


def _members(scope: Scope, method: str) -> Iterable[tuple[str, Any]]:
    model = shapes.operation(scope.aws.client(scope.service), method)
    members: Mapping[str, Any] = model.input_shape.members
    return members.items()
