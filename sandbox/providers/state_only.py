"""Resources that exist only in the state: values generated once and then kept."""

from __future__ import annotations

from sandbox.providers.resource_type import ResourceType
from sandbox.providers.wire import Properties


class StateOnly(ResourceType[None]):
    """A resource without a service behind it: reading returns the state unchanged."""

    def read(self, session: None, resource_id: str, state: Properties) -> Properties:
        if not state:
            raise ValueError("its value exists in the state only: it cannot be imported")
        return {}

    def update(
        self,
        session: None,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        raise AssertionError(f"{self.token}: every change replaces it")

    def delete(self, session: None, resource_id: str, state: Properties) -> None:
        """Nothing to delete: the engine removes it from the state."""
