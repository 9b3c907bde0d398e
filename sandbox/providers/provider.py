"""A provider as a value: its resource types, its functions, and how it is configured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import Properties

Session = TypeVar("Session")


class Ledger(Protocol):
    """What the emulated cloud stores beyond what its API returns."""

    def get(self, token: str, resource_id: str) -> Properties | None: ...

    def put(
        self, token: str, resource_id: str, properties: Properties, secrets: Iterable[str]
    ) -> None: ...

    def delete(self, token: str, resource_id: str) -> None: ...


class NoLedger:
    """For services that store everything themselves."""

    def get(self, token: str, resource_id: str) -> Properties | None:
        return None

    def put(
        self, token: str, resource_id: str, properties: Properties, secrets: Iterable[str]
    ) -> None:
        return None

    def delete(self, token: str, resource_id: str) -> None:
        return None


@dataclass(frozen=True)
class Provider(Generic[Session]):
    """Everything the servicer needs to serve one provider.

    `scope` narrows a session to one resource (its region); `default_inputs` may add to a
    resource's inputs before they are checked (default tags).
    """

    name: str
    version: str
    resource_types: Mapping[str, ResourceType[Session]]
    configure: Callable[[Properties], Session]
    functions: Mapping[str, Callable[[Session, Properties], Properties]] = field(
        default_factory=dict
    )
    scope: Callable[[Session, Properties], Session] = lambda session, properties: session
    ledger: Callable[[Session], Ledger] = lambda session: NoLedger()
    default_inputs: Callable[[Session, ResourceType[Session], Properties], Properties] = (
        lambda session, resource_type, inputs: inputs
    )


def table(resource_types: Iterable[ResourceType[Any]]) -> dict[str, ResourceType[Any]]:
    """Resource types by token."""
    return {resource_type.token: resource_type for resource_type in resource_types}


def decoded(config: Properties) -> Properties:
    """Provider configuration as values: the engine sends everything but strings as JSON text."""
    return {key: _decode(value) for key, value in config.items()}


def _decode(value: Any) -> Any:
    if isinstance(value, str) and (value[:1] in "[{" or value in ("true", "false")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
