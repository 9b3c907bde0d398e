"""What a plugin knows of one resource type: its properties, and how to make, read and end it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sandbox.providers.wire import Properties

Session = TypeVar("Session")
"""What a configured provider hands to its kinds: an API client, a database's address."""


class _Missing:
    def __repr__(self) -> str:
        return "<no default>"


MISSING: Any = _Missing()


@dataclass(frozen=True)
class Property:
    """One property of a resource type, in the provider's own terms.

    `api`: its name in the API's create and describe calls, and in the registry schema.
    `bound`: read back live, so that a change behind the engine's back is drift.
    `replaces`: why a change needs a new resource (the source that says so); None where it does not.
    `in_place`: the source that says that a change is an update although the registry schema calls
    the property createOnly.
    `irreversible`: why a change behind the engine's back is reported but can't be taken back.
    `computed`: an input that the service fills in when it is left out.
    `output`: never an input.
    `unordered`: a set, sent as a list.
    `secret`: marked secret wherever it goes, even when the program did not.
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
    secret: bool = False


class Gone(Exception):
    """The resource that was to be read, changed or deleted does not exist any more."""


@dataclass(frozen=True)
class Created:
    """What a create call answered: the id, and outputs that no later read can tell."""

    id: str
    outputs: Properties = field(default_factory=dict)


class Kind(Generic[Session]):
    """A resource type. Subclasses fill in the table and the four calls.

    The servicer calls `create`, then `settle`; a failure of `settle` leaves a resource that
    exists with initialization errors, which the next update takes up by calling `settle` again.
    """

    token: str
    properties: Mapping[str, Property]
    named_by: str | None = None
    """The property that must be unique: two resources can't bear one name, not for a moment."""
    autonames: bool = False
    """Whether `named_by` gets a generated value when the program gives none."""
    deletes_first: bool = False
    """Whether the old resource always goes before its replacement comes."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        """Faults of checked inputs as (property, what is wrong and what would be right)."""
        return []

    def create(self, session: Session, inputs: Properties) -> Created:
        raise NotImplementedError(self.token)

    def settle(self, session: Session, resource_id: str, inputs: Properties) -> None:
        """Whatever has to follow the create or update call before the resource is ready."""

    def read(self, session: Session, resource_id: str, state: Properties) -> Properties | None:
        """The live values of bound properties and outputs; None when the resource is gone.

        An `id` among them replaces the one that was asked for (an import by name).
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
        """Deletes the resource; `Gone` when it does not exist any more."""
        raise NotImplementedError(self.token)

    def actual(self, name: str, state: Properties) -> Any:
        """The value in a state that the wanted one is held against."""
        return state.get(name)

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        """Whether two values of a property mean the same to the service."""
        if self.properties[name].unordered:
            return sorted_set(actual) == sorted_set(desired)
        return bool(actual == desired)

    def outdated(self, state: Properties, inputs: Properties) -> Sequence[str]:
        """Outputs whose time is over: the resource is replaced although no input changed."""
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
    """A list as its sorted form, so that two orders of one set compare equal."""
    return sorted(value, key=repr) if isinstance(value, list) else value


def empty(value: Any) -> bool:
    """Whether a value says as much as leaving the property out."""
    return value is None or value is MISSING or value in ("", [], {})
