"""A row of the tables: a resource type's properties, and the calls that act on it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.aws import schema
from sandbox.providers.aws.operations import Operation
from sandbox.providers.resource_type import Property

SOURCES = {
    "registry": "createOnly in the CloudFormation registry schema",
    "provider": "ForceNew in terraform-provider-aws",
    "both": "createOnly in the registry schema and ForceNew in terraform-provider-aws",
}
"""The sources of a replacement; the provider's own schema overrides the registry's."""


@dataclass(frozen=True)
class AwsProperty(Property):
    """A property with its expressions in JMESPath.

    `read`: its live value in the described item. `call`: a separate call that returns it.
    `send`: the form in which its value is sent; values sent alike are equivalent.
    `same_by`: the part of two values that has to be equal. `compare`: see compare.COMPARISONS.
    """

    read: str | None = None
    call: Operation | None = None
    send: str | None = None
    same_by: str | None = None
    compare: str | None = None


REGION = AwsProperty(computed=True, replaces="a resource can't move to another region")
TAGS, TAGS_ALL = AwsProperty(default={}, bound=True), AwsProperty(output=True)


@dataclass(frozen=True)
class Step:
    """A step of an update, of a deletion, or of `wait_until_ready`.

    `properties`: the step runs for these and sends them; without any, an update sends all inputs.
    `condition`: an expression over the properties.
    `call` runs where the properties are set, `unset` where they are not.
    `items`: a call that lists items; `call` then runs for every item, available as `each`.
    `lists`: for a property that is a list: `add` and `remove` run for every value to add or remove,
    available as `each`; `change` runs once with both lists as `added` and `removed`.
    """

    properties: frozenset[str] = frozenset()
    condition: str | None = None
    call: Operation | None = None
    unset: Operation | None = None
    items: Operation | None = None
    lists: Mapping[str, Operation] = field(default_factory=dict)

    @staticmethod
    def parse(stated: str | Mapping[str, Any]) -> Step:
        parts = {"call": stated} if isinstance(stated, str) else dict(stated)
        of, condition = parts.pop("for", ()), parts.pop("if", None)
        calls = {name: Operation.parse(call) for name, call in parts.items()}
        lists = {name: calls.pop(name) for name in parts if name in ("add", "remove", "change")}
        names = frozenset([of] if isinstance(of, str) else of)
        return Step(names, condition, lists=lists, **calls)


@dataclass(frozen=True)
class Tags:
    """The calls of a service for tags; without `read` the described item contains the tags.

    `noun` is EC2's name of the type in the tag specifications of a create call.
    """

    tag: Operation
    untag: Operation
    read: Operation | None = None
    noun: str | None = None


@dataclass(frozen=True)
class Row:
    """A resource type of the tables.

    `cfn`: the registry schema that validates inputs; `extensions`: cfn-lint's additional tables.
    `not_found`: the API's error codes for a resource that does not exist.
    `ended`: the expression that tells a deleted resource that AWS still lists.
    `known_parts`: the keys of nested values that the sandbox supports; others are errors.
    `tag_later`: tags are set by `wait_until_ready`, not by the create call.
    """

    token: str
    service: str
    properties: Mapping[str, AwsProperty]
    names: Mapping[str, str]
    cfn: str | None = None
    extensions: tuple[str, ...] = ()
    named_by: str | None = None
    autonames: bool = False
    regional: bool = True
    not_found: tuple[str, ...] = ()
    ended: str | None = None
    exactly_one: tuple[str, ...] = ()
    at_least_one: tuple[str, ...] = ()
    only: Mapping[str, Any] = field(default_factory=dict)
    known_parts: tuple[str, ...] = ()
    id: str | None = None
    create: Operation | None = None
    read: Operation | None = None
    ready: tuple[Step, ...] = ()
    update: tuple[Step, ...] = ()
    delete: tuple[Step, ...] = ()
    tags: Tags | None = None
    tag_later: bool = False


def row(token: str, service: str, common: Mapping[str, Any], stated: Mapping[str, Any]) -> Row:
    """The row of a type: its entry in a table, and what the table says for the whole service."""
    options = {**common, **stated}
    options["not_found"] = (*common.get("not_found", ()), *stated.get("not_found", ()))
    if name := options.pop("autonamed", None):
        options |= {"named_by": name, "autonames": True}
    if call := options.pop("put", None):
        options |= {"create": call, "update": call}
    properties = _properties(options)
    names = {
        spelling.lower(): name
        for name, prop in properties.items()
        if not prop.output
        for spelling in (name, prop.api or name)
    }
    tags = options.pop("tags", None)
    noun = options.pop("noun", _kebab(token) if service == "ec2" else None)
    if "tags" in properties:
        calls = {name: Operation.parse(call) for name, call in tags.items()}
        options["tags"] = Tags(**calls, noun=noun)
    for name in ("create", "read"):
        options[name] = Operation.parse(options[name]) if name in options else None
    for name in ("ready", "update", "delete"):
        steps = options.get(name, [])
        options[name] = tuple(map(Step.parse, steps if isinstance(steps, list) else [steps]))
    for name in ("extensions", "exactly_one", "at_least_one", "known_parts"):
        options[name] = tuple(options.get(name, ()))
    return Row(token, service, properties, names, **options)


def _properties(options: dict[str, Any]) -> dict[str, AwsProperty]:
    """Removes `inputs` and `outputs` and returns their properties; a key may name several."""
    cfn, named = options.get("cfn"), options.get("autonames") and options["named_by"]
    properties: dict[str, AwsProperty] = {
        name: _input(name, dict(value or {}), cfn, name == named)
        for names, value in options.pop("inputs").items()
        for name in names.split(", ")
    }
    for names, value in (options.pop("outputs", None) or {}).items():
        stated = {"read": value} if isinstance(value, str) else value or {}
        properties |= {name: _property(stated, output=True) for name in names.split(", ")}
    if options.get("regional", True):
        properties["region"] = REGION
    if "tags" in properties:
        properties |= {"tags": TAGS, "tagsAll": TAGS_ALL}
    return properties


def _input(name: str, options: dict[str, Any], cfn: str | None, autonamed: bool) -> AwsProperty:
    """An input; whatever the table omits comes from the registry schema."""
    registry = schema.properties(cfn) if cfn else {}
    api = options.pop("api", None) or registry.get(name.lower(), name[:1].upper() + name[1:])
    replaces = "registry" if cfn and api in schema.create_only(cfn) else None
    replaces = None if "in_place" in options else options.pop("replaces", replaces)
    required = bool(cfn) and api in schema.required(cfn or "")
    needed = required and not autonamed and "default" not in options
    options = {"bound": True, "required": needed, **options}
    return _property(options, api=api, replaces=SOURCES.get(replaces or "", replaces))


def _property(options: Mapping[str, Any], **more: Any) -> AwsProperty:
    call = {"call": Operation.parse(options["call"])} if "call" in options else {}
    return AwsProperty(**{**options, **more, **call})


def _kebab(token: str) -> str:
    """EC2's name of a type: `aws:ec2/routeTable:RouteTable` -> `route-table`."""
    return re.sub(r"(?<!^)(?=[A-Z])", "-", token.rpartition(":")[2]).lower()
