"""Rules, the resources that they check, and the violations that they find."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

UNKNOWN = frozenset(
    {
        "1c4a061d-8072-4f0a-a4cb-0ff528b18fe7",  # a boolean
        "3eeb2bf0-c639-47a8-9e75-3b44932eb421",  # a number
        "04da6b54-80e4-46f7-96ec-b56ff0331ba9",  # a string, or anything else in an event
        "6a19a0b0-7e62-4c92-b797-7f8e31da9cc2",  # a list
        "dd056dcd-154b-4c76-9bd3-c8f88648b5ff",  # a mapping
    }
)
"""The engine's markers for values that are unknown until `up`. Rules accept them, since `up` checks
again with the actual values."""
SECRET = "[secret]"  # noqa: S105
"""What the engine's events contain in place of a secret value."""
NAMES = ("id", "arn", "name", "bucket", "identifier")
"""Properties that other resources use to refer to a resource."""


class Severity(StrEnum):
    """Severities of Security Hub. Checkov has none: its rules are rated by the possible harm."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"


@dataclass(frozen=True)
class PolicyResource:
    """One resource as the program declares it."""

    type: str
    urn: str
    inputs: Mapping[str, Any]
    id: str = ""
    """Empty if the resource does not exist yet, or if the engine does not say."""
    depends_on: Mapping[str, Collection[str]] = field(default_factory=dict)
    """By property, the URNs that its value comes from, if the engine says so."""

    @property
    def name(self) -> str:
        return name_of(self.urn)

    def get(self, path: str) -> Any:
        """The value at `property.key.key`; None if missing, the marker if a part is unknown."""
        return at(self.inputs, path)

    def on(self, path: str) -> bool:
        return self.get(path) is True or not known(self.get(path))

    def off(self, path: str) -> bool:
        """Whether a switch is off, which is also the default if it is unset."""
        return self.get(path) in (None, False) or not known(self.get(path))

    def given(self, path: str) -> bool:
        return self.get(path) not in (None, "", [], {})

    def is_one_of(self, path: str, *allowed: Any) -> bool:
        return self.get(path) in allowed or not known(self.get(path))

    def at_least(self, path: str, least: int) -> bool:
        value = self.get(path)
        return not known(value) or (value is not None and float(value) >= least)

    def items(self, path: str) -> Sequence[Any]:
        """The members of a list, also of one in a JSON string; empty if unknown."""
        value = document(self.get(path))
        return value if isinstance(value, list) else []

    def is_named_in(self, other: PolicyResource, path: str) -> bool:
        """Whether another resource's property refers to this one, or may do so once known."""
        value = other.get(path)
        named = value if isinstance(value, list) else [value]
        own = {self.id, *(self.get(key) for key in NAMES)} - {"", None}
        return (
            self.urn in other.depends_on.get(path, ())
            or not own.isdisjoint(named)
            or not all(map(known, named))
        )


def name_of(urn: str) -> str:
    return urn.rsplit("::", 1)[-1]


def at(value: Any, path: str) -> Any:
    for key in path.split("."):
        if not known(value):
            return value
        value = value.get(key) if isinstance(value, Mapping) else None
    return value


def known(value: Any) -> bool:
    return not (isinstance(value, str) and (value in UNKNOWN or value == SECRET))


def document(value: Any) -> Any:
    """The JSON document in a string; any other value unchanged."""
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return None


@dataclass(frozen=True)
class Violation:
    """A rule that a resource violates. It contains no property values: they may be secret."""

    rule: str
    severity: Severity
    title: str
    remedy: str
    urn: str
    type: str

    @property
    def mandatory(self) -> bool:
        """Whether it stops a run. Otherwise it is only reported."""
        return self.severity is not Severity.LOW

    @property
    def name(self) -> str:
        return name_of(self.urn)

    @property
    def environment(self) -> str:
        """The stack's name."""
        return self.urn.removeprefix("urn:pulumi:").partition("::")[0]

    def __str__(self) -> str:
        return f"{self.rule} ({self.severity.value}) {self.name}: {self.title}; {self.remedy}"


Alone = Callable[[PolicyResource], bool]
Among = Callable[[PolicyResource, Sequence[PolicyResource]], bool]


@dataclass(frozen=True)
class PolicyRule:
    """A requirement for all resources of some types.

    `alone` checks a resource by itself, `among` together with all resources of the stack.
    """

    id: str
    title: str
    """The requirement as a statement."""
    severity: Severity
    types: tuple[str, ...]
    remedy: str
    alone: Alone | None = field(default=None, kw_only=True)
    among: Among | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        if (self.alone is None) is (self.among is None):
            raise ValueError(f"{self.id}: a rule checks a resource either alone or among others")

    def holds(self, resource: PolicyResource, everything: Sequence[PolicyResource]) -> bool:
        if self.alone is not None:
            return self.alone(resource)
        return self.among is not None and self.among(resource, everything)

    def violation(self, resource: PolicyResource) -> Violation:
        return Violation(
            self.id, self.severity, self.title, self.remedy, resource.urn, resource.type
        )

    def violations(self, resources: Sequence[PolicyResource]) -> Iterator[Violation]:
        for resource in resources:
            if resource.type in self.types and not self.holds(resource, resources):
                yield self.violation(resource)


def of_type(resources: Sequence[PolicyResource], type_: str) -> list[PolicyResource]:
    return [resource for resource in resources if resource.type == type_]
