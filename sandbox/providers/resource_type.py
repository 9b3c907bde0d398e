"""A resource type of a provider: its properties, and how to create, read, update and delete it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.providers.wire import Properties

Session = TypeVar("Session")
"""What a configured provider hands to its resource types: an API client, a database connection."""


class _Missing:
    def __repr__(self) -> str:
        return "<no default>"


MISSING: Any = _Missing()


@dataclass(frozen=True)
class Property:
    """One property of a resource type, in the provider's own terms.

    `api`: its name in the API's create and describe calls, and in the registry schema.
    `bound`: read back live, so a change made outside the engine shows as drift.
    `replaces`: the source that says a change needs a new resource; None for an update in place.
    `in_place`: the source that says a change is an update although the registry schema lists the
    property as createOnly.
    `irreversible`: why a change made outside the engine is reported but can't be reverted.
    `computed`: an input that the service fills in when it is left out.
    `output`: never an input.
    `unordered`: a set, sent as a list.
    `checked`: whether the registry schema applies to its value.
    `secret`: always marked as secret, even where the program does not.
    """

    api: str | None = None
    required: bool = False
    default: Any = MISSING
    bound: bool = False
    replaces: str | None = None
    in_place: str | None = None
    irreversible: str | None = None
    computed: bool = False
    output: bool = False
    unordered: bool = False
    checked: bool = True
    secret: bool = False


class NotFound(Exception):
    """The resource to read, update or delete no longer exists."""


@dataclass(frozen=True)
class Created:
    """The result of a create call: the id, and outputs that no later read returns."""

    id: str
    outputs: Properties = field(default_factory=dict)


class ResourceType(Generic[Session]):
    """A resource type: a table of properties and the four calls, both filled in by subclasses.

    The servicer calls `create`, then `wait_until_ready`. When the latter fails, the resource exists
    with initialization errors, and the next update calls `wait_until_ready` again.
    """

    token: str
    properties: Mapping[str, Property]
    named_by: str | None = None
    """The property whose value must be unique: two resources can't share it even for a moment."""
    autonames: bool = False
    """Whether `named_by` gets a generated value when the program sets none."""
    deletes_first: bool = False
    """Whether the old resource is always deleted before its replacement is created."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        """Errors in checked inputs, as (property, what is wrong and what would be right)."""
        return []

    def create(self, session: Session, inputs: Properties) -> Created:
        raise NotImplementedError(self.token)

    def wait_until_ready(self, session: Session, resource_id: str, inputs: Properties) -> None:
        """Completes the resource after a create or update call, and waits until it is usable."""

    def read(self, session: Session, resource_id: str, state: Properties) -> Properties | None:
        """The live values of bound properties and outputs; None if the resource does not exist.

        An `id` among them replaces the requested one (an import by name).
        """
        raise NotImplementedError(self.token)

    def update(
        self,
        session: Session,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """Brings the properties named in `changed` from `state` to `inputs`."""
        raise NotImplementedError(self.token)

    def delete(self, session: Session, resource_id: str, state: Properties) -> None:
        """Deletes the resource; raises `NotFound` if it no longer exists."""
        raise NotImplementedError(self.token)

    def actual(self, name: str, state: Properties) -> Any:
        """The value in the state to compare the desired one with."""
        return state.get(name)

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        """Whether two values of a property are equivalent to the service."""
        if self.properties[name].unordered:
            return sorted_set(actual) == sorted_set(desired)
        return bool(actual == desired)

    def outdated(self, state: Properties, inputs: Properties) -> Sequence[str]:
        """Outputs that have expired: the resource is replaced although no input changed."""
        return ()

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        """Whether a change of a property needs a new resource."""
        return self.properties[name].replaces is not None

    @property
    def secrets(self) -> frozenset[str]:
        return frozenset(name for name, prop in self.properties.items() if prop.secret)

    @property
    def inputs(self) -> frozenset[str]:
        return frozenset(name for name, prop in self.properties.items() if not prop.output)


def sorted_set(value: Any) -> Any:
    """A list in sorted order, so that two orders of the same set compare equal."""
    return sorted(value, key=repr) if isinstance(value, list) else value


def empty(value: Any) -> bool:
    """Whether a value is equivalent to leaving the property out."""
    return value is None or value is MISSING or value in ("", [], {})
