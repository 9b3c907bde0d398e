"""Read replicas, in which an RDS instance differs from one that stands alone."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.shapes import camel
from sandbox.providers.wire import Properties

# ConflictsWith replicate_source_db in hashicorp/terraform-provider-aws,
# internal/service/rds/instance.go; a password is changed at the source only.
_OF_THE_SOURCE = ("dbName", "engine", "password", "username")

# The call takes a parameter group for other engines only, and the storage is the source's
# (the provider doesn't send it either).
NOT_SENT = frozenset({"allocatedStorage", "parameterGroupName"})

# What only a modification takes: the input, and its name in the call and in the description.
_AFTERWARDS = {
    "backupRetentionPeriod": "BackupRetentionPeriod",
    "backupWindow": "PreferredBackupWindow",
    "maintenanceWindow": "PreferredMaintenanceWindow",
}


def name_of(source: Any) -> str:
    """The identifier in a source's ARN; AWS describes a source in the same region without it."""
    return str(source).rpartition(":")[2]


def conflicts(inputs: Properties) -> list[tuple[str, str]]:
    if not inputs.get("replicateSourceDb"):
        return []
    return [
        (name, "a replica has its source's: leave it out or leave out replicateSourceDb")
        for name in _OF_THE_SOURCE
        if inputs.get(name) is not None
    ]


def completed(rds: Any, instance: dict[str, Any], inputs: Properties) -> bool:
    """Brings a new replica to what only a modification can; tells whether there was anything.

    An update has modified the replica already, so that a later change of the parameter group
    reboots nothing, as in the provider.
    """
    missing = {
        api: inputs[name]
        for name, api in _AFTERWARDS.items()
        if name in inputs and str(inputs[name]).lower() != str(instance.get(camel(api))).lower()
    }
    group = inputs.get("parameterGroupName")
    another = bool(group) and group != instance["dbParameterGroups"][0]["dbParameterGroupName"]
    if another:
        missing["DBParameterGroupName"] = group
    if not missing:
        return False
    identifier = instance["dbInstanceIdentifier"]
    rds.modify_db_instance(DBInstanceIdentifier=identifier, ApplyImmediately=True, **missing)
    if another:
        rds.reboot_db_instance(DBInstanceIdentifier=identifier)
    return True


def follow_no_longer(rds: Any, instance: dict[str, Any], inputs: Properties) -> None:
    """Promotes a replica whose program names no source any more; nothing else is possible."""
    wanted = inputs.get("replicateSourceDb")
    if not wanted:
        windows = {
            api: inputs[name]
            for name, api in _AFTERWARDS.items()
            if name != "maintenanceWindow" and name in inputs
        }
        rds.promote_read_replica(DBInstanceIdentifier=instance["dbInstanceIdentifier"], **windows)
    elif name_of(wanted) != instance.get("readReplicaSourceDbInstanceIdentifier"):
        raise ValueError(
            f"replicateSourceDb: {instance['dbInstanceIdentifier']} can't follow "
            f"{name_of(wanted)}: an instance gets its source when it is made. Make another replica."
        )
