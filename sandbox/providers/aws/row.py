"""One row of the tables: what a resource type is, and the calls that act on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.providers.aws import schema
from sandbox.providers.aws.operations import Operation
from sandbox.providers.resource_type import Property

REGISTRY = "createOnly in the CloudFormation registry schema"
SOURCES = {
    "registry": REGISTRY,
    "provider": "ForceNew in terraform-provider-aws",
    "both": "createOnly in the registry schema and ForceNew in terraform-provider-aws",
}
"""Why a change replaces: the provider's own schema overrides the registry's."""
REGION = Property(computed=True, replaces="a resource can't move to another region")


@dataclass(frozen=True)
class AwsProperty(Property):
    """`read`: its live value as JMESPath over the described item, `call`: by a call of its own.

    `compare` names one of compare.COMPARISONS.
    """

    read: str | None = None
    call: Operation | None = None
    compare: str | None = None


@dataclass(frozen=True)
class Rule:
    """A step of an update, of making a resource ready or of a deletion.

    `properties`: the step belongs to these and sends them; without them it sends all inputs.
    `call` runs where their value is set, `unset` where it is not. `add` and `remove` run for every
    value of a list that is to be added or removed, which they get as `each`; with `lists`, `call`
    runs once and gets these values as `added` and `removed`. `condition` is JMESPath over the
    properties, and `items` a call whose answers `call` gets one by one as `each`.
    """

    properties: frozenset[str] = frozenset()
    condition: str | None = None
    call: Operation | None = None
    unset: Operation | None = None
    add: Operation | None = None
    remove: Operation | None = None
    items: Operation | None = None
    lists: bool = False

    @staticmethod
    def parse(stated: str | Mapping[str, Any]) -> Rule:
        if isinstance(stated, str):
            return Rule(call=Operation.parse(stated))
        names = {"call", "unset", "add", "remove", "items"}
        unknown = stated.keys() - names - {"for", "if", "lists"}
        if unknown:
            raise ValueError(f"a rule has no {', '.join(sorted(unknown))}")
        of = stated.get("for", ())
        return Rule(
            frozenset([of] if isinstance(of, str) else of),
            stated.get("if"),
            lists=stated.get("lists", False),
            **{name: Operation.parse(stated[name]) for name in names & stated.keys()},
        )


@dataclass(frozen=True)
class Tags:
    """The calls of a service for tags; without `read` the described item has them."""

    tag: Operation
    untag: Operation
    read: Operation | None = None
    noun: str | None = None


@dataclass(frozen=True)
class Row:
    """A resource type of the tables."""

    token: str
    service: str
    properties: Mapping[str, Property]
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
    only: Mapping[str, str] = field(default_factory=dict)
    known_parts: tuple[str, ...] = ()
    id: str | None = None
    create: Operation | None = None
    read: Operation | None = None
    ready: tuple[Rule, ...] = ()
    update: tuple[Rule, ...] = ()
    delete: tuple[Rule, ...] = ()
    tags: Tags | None = None
    tag_later: bool = False


_CALLS = ("create", "read")
_RULES = {"ready", "update", "delete"}
_PLAIN = ("cfn", "named_by", "autonames", "regional", "ended", "id", "only", "tag_later")
_LISTS = ("extensions", "exactly_one", "at_least_one", "known_parts")
_OTHERS = ("inputs", "outputs", "tags", "noun", "autonamed", "put", "not_found", *_LISTS)


def row(token: str, service: str, common: Mapping[str, Any], stated: Mapping[str, Any]) -> Row:
    """The row of a type from its entry in a table and what the entry's service has in common."""
    known = {*_CALLS, *_RULES, *_PLAIN, *_OTHERS}
    if unknown := stated.keys() - known:
        raise ValueError(f"{token}: no such key in a table: {', '.join(sorted(unknown))}")
    merged = {**common, **stated}
    if name := merged.get("autonamed"):
        merged |= {"named_by": name, "autonames": True}
    if call := merged.get("put"):
        merged |= {"create": call, "update": call}
    properties = _properties(merged)
    options: dict[str, Any] = {name: merged[name] for name in _PLAIN if name in merged}
    options |= {name: tuple(merged[name]) for name in _LISTS if name in merged}
    options |= {name: Operation.parse(merged[name]) for name in _CALLS if name in merged}
    for name in _RULES & merged.keys():
        rules = merged[name] if isinstance(merged[name], list) else [merged[name]]
        options[name] = tuple(map(Rule.parse, rules))
    if "tags" in properties:
        calls = {name: Operation.parse(call) for name, call in merged["tags"].items()}
        options["tags"] = Tags(**calls, noun=merged.get("noun"))
    names = {
        spelling.lower(): name
        for name, prop in properties.items()
        if not prop.output
        for spelling in (name, prop.api or name)
    }
    not_found = (*common.get("not_found", ()), *stated.get("not_found", ()))
    return Row(token, service, properties, names, not_found=not_found, **options)


def _properties(stated: Mapping[str, Any]) -> dict[str, Property]:
    cfn = stated.get("cfn")
    properties = {
        name: _input(name, dict(options or {}), cfn, name == stated.get("autonamed"))
        for name, options in stated["inputs"].items()
    }
    for name, value in (stated.get("outputs") or {}).items():
        options = {"read": value} if isinstance(value, str) else dict(value or {})
        properties[name] = _property(options, output=True)
    if "tags" in properties:
        properties |= {"tags": Property(default={}, bound=True)}
    if stated.get("regional", True):
        properties["region"] = REGION
    if "tags" in properties:
        properties["tagsAll"] = Property(output=True)
    return properties


def _input(name: str, options: dict[str, Any], cfn: str | None, autonamed: bool) -> Property:
    """An input: what the table does not say comes from the registry schema."""
    registry = schema.properties(cfn) if cfn else {}
    api = options.pop("api", None) or registry.get(name.lower(), name[:1].upper() + name[1:])
    replaces = "registry" if cfn and api in schema.create_only(cfn) else None
    replaces = None if "in_place" in options else options.pop("replaces", replaces)
    required = bool(cfn) and api in schema.required(cfn or "")
    needed = required and not autonamed and "default" not in options
    options = {"bound": True, "required": needed, **options}
    return _property(options, api=api, replaces=SOURCES.get(replaces or "", replaces))


def _property(options: dict[str, Any], **more: Any) -> Property:
    if "call" in options:
        options["call"] = Operation.parse(options["call"])
    return AwsProperty(**options, **more)
