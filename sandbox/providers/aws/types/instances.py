"""RDS instances and read replicas."""

from __future__ import annotations

import contextlib
from typing import Any

from botocore.exceptions import WaiterError

from sandbox import aws_data
from sandbox.providers.aws import wait
from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.session import Aws
from sandbox.providers.aws.types import rds_replica as replica
from sandbox.providers.aws.types.ports import ConfiguredPort
from sandbox.providers.resource_type import Created, NotFound
from sandbox.providers.wire import UNKNOWN, Properties

_STORAGE = frozenset({"iops", "storageThroughput", "allocatedStorage"})
_NOT_MODIFIABLE = {
    *("engine", "username", "dbName", "kmsKeyId", "storageEncrypted", "availabilityZone"),
    *("replicateSourceDb", "identifier", "port", "enabledCloudwatchLogsExports"),
    *("applyImmediately", "allowMajorVersionUpgrade", "skipFinalSnapshot"),
    *("finalSnapshotIdentifier", "deleteAutomatedBackups"),
}


class Instance(ConfiguredPort):
    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        """The tables list full versions, while the API also accepts a prefix, or none."""
        conflicting = replica.conflicts(inputs)
        if conflicting:
            return conflicting
        checked = dict(inputs)
        stated = checked.get("engineVersion")
        if checked.get("engine") == aws_data.ENGINE and stated is not UNKNOWN:
            # an unknown version is reported by the tables
            with contextlib.suppress(aws_data.UnknownVersionError):
                checked["engineVersion"] = aws_data.full_version(stated)
        return super().validate(checked)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        if not inputs.get("replicateSourceDb"):
            return super().create(aws, inputs)
        call = Operation.parse("create_db_instance_read_replica -> dbInstance.dbiResourceId")
        scope = self.scope(aws, inputs)
        names = self.sent(inputs) - replica.NOT_SENT
        return Created(scope.run(call, names, **self.creation(scope, call)))

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        instance = self._await_available(aws, resource_id)
        if inputs.get("replicateSourceDb") and replica.completed(
            aws.client("rds"), instance, inputs
        ):
            self._await_available(aws, resource_id)

    def _await_available(self, aws: Aws, resource_id: str) -> Any:
        instance = self.item(aws, resource_id, {})
        if instance is None:
            raise NotFound(resource_id)
        waiter = aws.client("rds").get_waiter("db_instance_available")
        name = instance["dbInstanceIdentifier"]
        try:
            waiter.wait(DBInstanceIdentifier=name, WaiterConfig=wait.WAITER)
        except WaiterError as error:
            last = error.last_response.get("DBInstances") or [{}]
            status = last[0].get("DBInstanceStatus", "gone")
            raise RuntimeError(f"the instance did not become available: it is {status}") from None
        return self.item(aws, resource_id, {})

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        return {**live, "id": item["dbiResourceId"]}

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        aws, inputs, rds = scope.aws, scope.values, scope.aws.client("rds")
        instance = self.item(aws, inputs["id"], state)
        if instance is None:
            raise NotFound(inputs["id"])
        identifier = instance["dbInstanceIdentifier"]
        if "replicateSourceDb" in changed:
            replica.follow_no_longer(rds, instance, inputs)
            self._await_available(aws, inputs["id"])
        names, arguments = changed - _NOT_MODIFIABLE, {}
        if "identifier" in changed:
            arguments["NewDBInstanceIdentifier"] = inputs["identifier"]
        if "maxAllocatedStorage" in changed and not inputs.get("maxAllocatedStorage"):
            # autoscaling is switched off by a limit at the size that the storage has
            arguments["MaxAllocatedStorage"] = instance["allocatedStorage"]
        if "port" in changed:
            arguments["DBPortNumber"] = inputs["port"]
        if "enabledCloudwatchLogsExports" in changed:
            wanted = set(inputs.get("enabledCloudwatchLogsExports") or [])
            present = set(instance.get("enabledCloudwatchLogsExports", []))
            arguments["CloudwatchLogsExportConfiguration"] = {
                "EnableLogTypes": sorted(wanted - present),
                "DisableLogTypes": sorted(present - wanted),
            }
        if _STORAGE & changed:  # RDS takes the three together
            names |= _STORAGE
        if arguments or names & inputs.keys():
            scope.run(
                Operation("modify_db_instance"),
                names,
                DBInstanceIdentifier=identifier,
                ApplyImmediately=bool(inputs.get("applyImmediately")),
                **arguments,
            )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        snapshot = state.get("skipFinalSnapshot") or state.get("finalSnapshotIdentifier")
        if not snapshot and self.item(aws, resource_id, state):
            raise ValueError(
                "finalSnapshotIdentifier is required when skipFinalSnapshot is false: "
                "set one of the two before the instance is deleted"
            )
        super().delete(aws, resource_id, state)
