"""A plugin as a value: its resource types, its functions, and how it is configured."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, Protocol, TypeVar

from sandbox.providers.resource_type import Kind
from sandbox.providers.wire import Properties

Session = TypeVar("Session")


class Ledger(Protocol):
    """What the emulated cloud holds beyond what its API can tell."""

    def get(self, token: str, resource_id: str) -> Properties | None: ...

    def put(
        self, token: str, resource_id: str, properties: Properties, secrets: Iterable[str]
    ) -> None: ...

    def delete(self, token: str, resource_id: str) -> None: ...


class NoLedger:
    """For services that hold everything themselves."""

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
    """Everything that the servicer needs to serve one provider.

    `scope` narrows a session to one resource (its region); `default_inputs` may add to a
    resource's inputs before they are checked (default tags).
    """

    name: str
    version: str
    kinds: Mapping[str, Kind[Session]]
    configure: Callable[[Properties], Session]
    functions: Mapping[str, Callable[[Session, Properties], Properties]] = field(
        default_factory=dict
    )
    scope: Callable[[Session, Properties], Session] = lambda session, properties: session
    ledger: Callable[[Session], Ledger] = lambda session: NoLedger()
    default_inputs: Callable[[Session, Kind[Session], Properties], Properties] = (
        lambda session, kind, inputs: inputs
    )


def table(kinds: Iterable[Kind[Any]]) -> dict[str, Kind[Any]]:
    """Kinds by their token."""
    return {kind.token: kind for kind in kinds}


def decoded(config: Properties) -> Properties:
    """Provider configuration as values: the engine sends all but strings as JSON text."""
    return {key: _decode(value) for key, value in config.items()}


def _decode(value: Any) -> Any:
    if isinstance(value, str) and (value[:1] in "[{" or value in ("true", "false")):
        try:
            return json.loads(value)
        except ValueError:
            return value
    return value
