"""Tags: one mapping for programs, and the several forms in which services take and return them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from sandbox.providers.aws import shapes
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.wire import Properties


def changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[dict[str, str], list[str]]:
    """The tags to set and the keys to remove."""
    wanted = {key: value for key, value in new.items() if old.get(key) != value}
    return wanted, sorted(old.keys() - new.keys())


def update(scope: Scope, tag: Operation, untag: Operation, state: Properties) -> None:
    """Brings the tags from those in `state` to those of the scope."""
    wanted, unwanted = changes(state.get("tags") or {}, scope.values.get("tags") or {})
    if unwanted:
        scope.run(untag, **_keys(scope, untag, unwanted))
    if wanted:
        scope.run(tag, **arguments(scope, tag.method, wanted))


def arguments(
    scope: Scope, method: str, tags: Mapping[str, str], noun: str | None = None
) -> dict[str, Any]:
    """The argument of a call that carries tags; `noun` is EC2's name of the resource's type."""
    if not tags:
        return {}
    if noun:
        return {"TagSpecifications": [{"ResourceType": noun, "Tags": _list(tags)}]}
    members = _members(scope, method)
    for name, shape in members.items():
        if not name.lower().endswith("tags"):
            continue
        if shape.type_name == "map":
            return {name: dict(tags)}
        if shape.type_name == "list" and shape.member.type_name == "structure":
            key, value = sorted(shape.member.members, key=lambda each: "value" in each.lower())
            return {name: [{key: k, value: v} for k, v in sorted(tags.items())]}
    raise LookupError(f"{method} takes no tags")


def mapping(found: Any) -> dict[str, str]:
    """Tags as programs write them, without those that AWS itself sets."""
    if isinstance(found, Mapping):
        pairs = dict(found)
    else:
        pairs = {
            each.get("key", each.get("tagKey")): each.get("value", each.get("tagValue"))
            for each in found or ()
        }
    return {key: value for key, value in pairs.items() if not key.startswith("aws:")}


def _keys(scope: Scope, untag: Operation, keys: Collection[str]) -> dict[str, Any]:
    for name, shape in _members(scope, untag.method).items():
        if shape.type_name == "list" and name.lower().startswith(("tag", "removetag")):
            if shape.member.type_name == "structure":
                return {name: [{"Key": key} for key in keys]}
            return {name: list(keys)}
    raise LookupError(f"{untag.method} takes no keys of tags")


def _members(scope: Scope, method: str) -> Mapping[str, Any]:
    model = shapes.operation(scope.aws.client(scope.service), method)
    members: Mapping[str, Any] = model.input_shape.members
    return members


def _list(tags: Mapping[str, str]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": value} for key, value in sorted(tags.items())]
