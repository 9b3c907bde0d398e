"""Read replicas of RDS: inputs they must not have, settings that need a modification, promotion."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.shapes import camel
from sandbox.providers.wire import Properties

# Properties that conflict with replicate_source_db in hashicorp/terraform-provider-aws,
# internal/service/rds/instance.go; a password is changed at the source only.
_INHERITED = ("dbName", "engine", "password", "username")

# The provider sends neither: CreateDBInstanceReadReplica accepts a parameter group only for other
# engines, and the replica's storage has the size of its source's.
NOT_SENT = frozenset({"allocatedStorage", "parameterGroupName"})

# Inputs that only ModifyDBInstance can set on a replica -> their names in the API.
_SET_BY_MODIFICATION = {
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
}


def name_of(source: Any) -> str:
    """The identifier of a source; AWS returns an ARN only for a source in another region."""
    return str(source).rpartition(":")[2]


def conflicts(inputs: Properties) -> list[tuple[str, str]]:
    if not inputs.get("replicateSourceDb"):
        return []
    return [
        (name, "a replica has its source's value: omit it, or omit replicateSourceDb")
        for name in _INHERITED
        if inputs.get(name) is not None
    ]


def completed(rds: Any, instance: dict[str, Any], inputs: Properties) -> bool:
    """Applies the settings of a new replica that only a modification can set; returns whether there
    were any.

    After an update there is nothing left to apply, so a later change of the parameter group does
    not reboot the replica, as in the provider.
    """
    missing = {
        api: inputs[name]
        for name, api in _SET_BY_MODIFICATION.items()
        if name in inputs and str(inputs[name]).lower() != str(instance.get(camel(api))).lower()
    }
    group = inputs.get("parameterGroupName")
    other_group = bool(group) and group != instance["dbParameterGroups"][0]["dbParameterGroupName"]
    if other_group:
        missing["DBParameterGroupName"] = group
    if not missing:
        return False
    identifier = instance["dbInstanceIdentifier"]
    rds.modify_db_instance(DBInstanceIdentifier=identifier, ApplyImmediately=True, **missing)
    if other_group:
        rds.reboot_db_instance(DBInstanceIdentifier=identifier)
    return True


def follow_no_longer(rds: Any, instance: dict[str, Any], inputs: Properties) -> None:
    """Promotes a replica whose program no longer names a source; a new source is an error."""
    wanted = inputs.get("replicateSourceDb")
    if not wanted:
        windows = {
            api: inputs[name]
            for name, api in _SET_BY_MODIFICATION.items()
            if name != "maintenanceWindow" and name in inputs
        }
        rds.promote_read_replica(DBInstanceIdentifier=instance["dbInstanceIdentifier"], **windows)
    elif name_of(wanted) != instance.get("readReplicaSourceDbInstanceIdentifier"):
        raise ValueError(
            f"replicateSourceDb: {instance['dbInstanceIdentifier']} can't follow "
            f"{name_of(wanted)}: a replica's source is fixed at creation. Create another replica."
        )
