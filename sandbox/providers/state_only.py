"""Resources of which nothing exists outside the state: values that are made once and then kept."""

from __future__ import annotations

from sandbox.providers.resource_type import Kind
from sandbox.providers.wire import Properties


class KeptInState(Kind[None]):
    """What was read last is what there is."""

    def read(self, session: None, resource_id: str, state: Properties) -> Properties:
        if not state:
            raise ValueError("its value stands in the state only: it cannot be imported here")
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
        """Leaving the state is all there is to do."""
