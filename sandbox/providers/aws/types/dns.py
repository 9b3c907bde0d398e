"""DNS records, which are renamed in one batch."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import NotFound
from sandbox.providers.wire import Properties


class Record(AwsResourceType):
    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        return {**live, "id": self.id_of(state)}

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        """A new type or set identifier deletes the old record in the batch that creates the new."""
        if not changed & {"type", "setIdentifier"}:
            super().change(scope, state, changed)
            return
        found = self.item(scope.aws, scope.values["id"], state)
        call = self.row.update[0].call
        if found is None or call is None or call.arguments is None:
            raise NotFound(scope.values["id"])
        batch = scope.search(call.arguments)["ChangeBatch"]["Changes"]
        changes = [{"Action": "DELETE", "ResourceRecordSet": found}, *batch]
        zone = scope.values["zoneId"]
        scope.run(Operation(call.method), HostedZoneId=zone, ChangeBatch={"Changes": changes})
