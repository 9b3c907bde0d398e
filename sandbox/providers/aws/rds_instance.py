"""The RDS instance: the one resource whose replacement nobody may overlook."""

from __future__ import annotations

import contextlib
import time
from typing import Any

from sandbox import aws_data
from sandbox.providers.aws import rds_replica as replica
from sandbox.providers.aws.rds import tags_of, update_tags
from sandbox.providers.aws.resource import PROVIDER, TAGS, UPDATED, AwsResourceType, tag_list
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import UNKNOWN, Properties

# Two sources for each: createOnly in the registry schema, and ForceNew in the provider's schema
# (hashicorp/terraform-provider-aws, internal/service/rds/instance.go).
BOTH = "createOnly in the registry schema and ForceNew in terraform-provider-aws"
RENAMED = "renamed in place since hashicorp/terraform-provider-aws#31232"
STANDALONE = (
    "a promoted replica has writes of its own and follows nobody again (the provider: cannot elect "
    "new source database for replication): it takes a new replica"
)

_AVAILABLE_SECONDS = 120
_POLL_SECONDS = 0.2


class Instance(AwsResourceType):
    token = "aws:rds/instance:Instance"
    cfn = "AWS::RDS::DBInstance"
    extensions = (
        "engine_version",
        "db_instance_class",
        "backupretentionperiod_maximum",
        "kmskey_storageencrypted",
    )
    service = "rds"
    absent = frozenset({"DBInstanceNotFound", "DBInstanceNotFoundFault"})
    named_by, autonames = "identifier", True
    properties = {
        "identifier": Property("DBInstanceIdentifier", bound=True, in_place=RENAMED),
        "engine": Property("Engine", computed=True, bound=True, replaces=PROVIDER),
        "engineVersion": Property(
            "EngineVersion",
            computed=True,
            bound=True,
            irreversible="RDS upgrades only: an older version means restoring a snapshot",
        ),
        "instanceClass": Property("DBInstanceClass", required=True, bound=True),
        "allocatedStorage": Property(
            "AllocatedStorage",
            computed=True,
            bound=True,
            irreversible="RDS storage grows only: less means restoring into a new instance",
        ),
        "maxAllocatedStorage": Property("MaxAllocatedStorage", bound=True),
        "storageType": Property("StorageType", computed=True, bound=True),
        "iops": Property("Iops", computed=True, bound=True),
        "storageThroughput": Property("StorageThroughput", computed=True, bound=True),
        "storageEncrypted": Property("StorageEncrypted", default=False, bound=True, replaces=BOTH),
        "kmsKeyId": Property("KmsKeyId", computed=True, bound=True, replaces=BOTH),
        "multiAz": Property("MultiAZ", computed=True, bound=True),
        "availabilityZone": Property("AvailabilityZone", computed=True, replaces=PROVIDER),
        "dbName": Property("DBName", computed=True, replaces=BOTH),
        "username": Property("MasterUsername", computed=True, bound=True, replaces=BOTH),
        "password": Property("MasterUserPassword", secret=True),
        # leaving it out later promotes the replica, as in the provider
        "replicateSourceDb": Property(
            "SourceDBInstanceIdentifier", bound=True, irreversible=STANDALONE
        ),
        "port": Property("Port", computed=True, bound=True),
        "dbSubnetGroupName": Property(
            "DBSubnetGroupName", computed=True, bound=True, in_place=UPDATED
        ),
        "vpcSecurityGroupIds": Property(
            "VpcSecurityGroupIds", computed=True, bound=True, unordered=True
        ),
        "parameterGroupName": Property("DBParameterGroupName", computed=True, bound=True),
        "publiclyAccessible": Property("PubliclyAccessible", default=False, bound=True),
        "backupRetentionPeriod": Property("BackupRetentionPeriod", computed=True, bound=True),
        "backupWindow": Property("PreferredBackupWindow", computed=True, bound=True),
        "maintenanceWindow": Property("PreferredMaintenanceWindow", computed=True, bound=True),
        "copyTagsToSnapshot": Property("CopyTagsToSnapshot", default=False, bound=True),
        "deletionProtection": Property("DeletionProtection", default=False, bound=True),
        "autoMinorVersionUpgrade": Property("AutoMinorVersionUpgrade", default=True, bound=True),
        "iamDatabaseAuthenticationEnabled": Property(
            "EnableIAMDatabaseAuthentication", default=False, bound=True
        ),
        "caCertIdentifier": Property("CACertificateIdentifier", computed=True, bound=True),
        "enabledCloudwatchLogsExports": Property(
            "EnableCloudwatchLogsExports", default=[], bound=True, unordered=True
        ),
        "performanceInsightsEnabled": Property(
            "EnablePerformanceInsights", default=False, bound=True
        ),
        "performanceInsightsKmsKeyId": Property("PerformanceInsightsKMSKeyId", computed=True),
        "performanceInsightsRetentionPeriod": Property(
            "PerformanceInsightsRetentionPeriod", computed=True
        ),
        "monitoringInterval": Property("MonitoringInterval", default=0, bound=True),
        "monitoringRoleArn": Property("MonitoringRoleArn", computed=True, bound=True),
        "allowMajorVersionUpgrade": Property(),
        "applyImmediately": Property(computed=True),
        "skipFinalSnapshot": Property(default=False),
        "finalSnapshotIdentifier": Property(),
        "deleteAutomatedBackups": Property(default=True),
        "tags": TAGS,
        "arn": Property("DBInstanceArn", output=True),
        "resourceId": Property("DbiResourceId", output=True),
        "status": Property("DBInstanceStatus", output=True),
        "address": Property(output=True),
        "endpoint": Property(output=True),
        "hostedZoneId": Property(output=True),
        "engineVersionActual": Property(output=True),
        "replicas": Property("ReadReplicaDBInstanceIdentifiers", output=True),
        "configuredPort": Property("DbInstancePort", output=True),
    }

    def actual(self, name: str, state: Properties) -> Any:
        """On one machine every server needs a port of its own: `port` tells clients that one, and
        `configuredPort`, which the real provider has not, the one that was asked for."""
        return super().actual("configuredPort" if name == "port" else name, state)

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        """The tables list full versions, while the API takes a prefix, or nothing, too."""
        conflicting = replica.conflicts(inputs)
        if conflicting:
            return conflicting
        checked = dict(inputs)
        stated = checked.get("engineVersion")
        if checked.get("engine") == aws_data.ENGINE and stated is not UNKNOWN:
            # what is not offered stays as it is: the tables say so
            with contextlib.suppress(aws_data.UnknownVersionError):
                checked["engineVersion"] = aws_data.full_version(stated)
        return super().validate(checked)

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "engineVersion":
            return _version_fits(str(actual), str(desired))
        if name == "maintenanceWindow":
            return bool(str(actual).lower() == str(desired).lower())
        if name == "replicateSourceDb":
            return replica.name_of(actual) == replica.name_of(desired)
        return super().same(name, actual, desired)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = {**self.arguments(inputs), "Tags": tag_list(inputs["tags"])}
        rds = aws.client("rds")
        if inputs.get("replicateSourceDb"):
            answer = rds.create_db_instance_read_replica(**replica.accepted(rds, arguments))
        else:
            answer = rds.create_db_instance(**arguments)
        return Created(answer["DBInstance"]["DbiResourceId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        self._await_available(aws, resource_id)
        if not inputs.get("replicateSourceDb"):
            return
        instance = self._described(aws, resource_id)
        if instance and replica.completed(aws.client("rds"), instance, inputs):
            self._await_available(aws, resource_id)

    def _await_available(self, aws: Aws, resource_id: str) -> None:
        deadline = time.monotonic() + _AVAILABLE_SECONDS
        while True:
            instance = self._described(aws, resource_id)
            status = instance["DBInstanceStatus"] if instance else "gone"
            if status == "available":
                return
            if status in ("failed", "gone") or time.monotonic() > deadline:
                raise RuntimeError(f"the instance did not become available: it is {status}")
            time.sleep(_POLL_SECONDS)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        instance = self._described(aws, resource_id)
        if instance is None:
            return None
        version, stated = instance["EngineVersion"], state.get("engineVersion")
        address = instance.get("Endpoint", {}).get("Address")
        port = instance.get("Endpoint", {}).get("Port")
        groups = instance.get("DBParameterGroups") or [{}]
        return {
            **self.bound_values(instance),
            "id": instance["DbiResourceId"],
            "engineVersion": stated if stated and _version_fits(version, stated) else version,
            "engineVersionActual": version,
            "maxAllocatedStorage": _growth_limit(instance),
            "replicateSourceDb": instance.get("ReadReplicaSourceDBInstanceIdentifier"),
            "dbSubnetGroupName": instance.get("DBSubnetGroup", {}).get("DBSubnetGroupName"),
            "vpcSecurityGroupIds": sorted(
                group["VpcSecurityGroupId"] for group in instance.get("VpcSecurityGroups", [])
            ),
            "parameterGroupName": groups[0].get("DBParameterGroupName"),
            "iamDatabaseAuthenticationEnabled": instance.get(
                "IAMDatabaseAuthenticationEnabled", False
            ),
            "enabledCloudwatchLogsExports": sorted(
                instance.get("EnabledCloudwatchLogsExports", [])
            ),
            "performanceInsightsEnabled": instance.get("PerformanceInsightsEnabled", False),
            "port": port,
            "address": address,
            "endpoint": f"{address}:{port}",
            "hostedZoneId": instance.get("Endpoint", {}).get("HostedZoneId"),
            "tags": tags_of(aws, instance["DBInstanceArn"]),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        rds = aws.client("rds")
        instance = self._described(aws, resource_id)
        if instance is None:
            raise NotFound(resource_id)
        if "replicateSourceDb" in changed:
            replica.follow_no_longer(rds, instance, inputs)
            self._await_available(aws, resource_id)
        arguments = self.arguments(inputs, changed & _MODIFIABLE)
        if "identifier" in changed:
            arguments["NewDBInstanceIdentifier"] = arguments.pop("DBInstanceIdentifier")
        if "maxAllocatedStorage" in changed:
            # autoscaling is switched off by a limit at the size that the storage has
            arguments.setdefault("MaxAllocatedStorage", instance["AllocatedStorage"])
        if "port" in changed:
            arguments["DBPortNumber"] = arguments.pop("Port")
        if "enabledCloudwatchLogsExports" in changed:
            wanted = set(arguments.pop("EnableCloudwatchLogsExports", []))
            present = set(instance.get("EnabledCloudwatchLogsExports", []))
            arguments["CloudwatchLogsExportConfiguration"] = {
                "EnableLogTypes": sorted(wanted - present),
                "DisableLogTypes": sorted(present - wanted),
            }
        if {"iops", "storageThroughput", "allocatedStorage"} & changed:
            # RDS takes the three together
            arguments |= self.arguments(
                inputs, frozenset({"iops", "storageThroughput", "allocatedStorage"})
            )
        # before the rest: the ARN goes with a rename
        update_tags(aws, instance["DBInstanceArn"], state, inputs)
        if arguments:
            rds.modify_db_instance(
                DBInstanceIdentifier=instance["DBInstanceIdentifier"],
                ApplyImmediately=bool(inputs.get("applyImmediately")),
                **arguments,
            )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        instance = self._described(aws, resource_id)
        if instance is None:
            raise NotFound(resource_id)
        final = state.get("finalSnapshotIdentifier")
        skip = bool(state.get("skipFinalSnapshot"))
        if not skip and not final:
            raise ValueError(
                "finalSnapshotIdentifier is required when skipFinalSnapshot is false: "
                "set one of the two before the instance is deleted"
            )
        snapshot = {} if skip else {"FinalDBSnapshotIdentifier": final}
        aws.client("rds").delete_db_instance(
            DBInstanceIdentifier=instance["DBInstanceIdentifier"],
            SkipFinalSnapshot=skip,
            DeleteAutomatedBackups=bool(state.get("deleteAutomatedBackups", True)),
            **snapshot,
        )

    def _described(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        """The instance by its resource id, which a rename does not change, or by its name."""
        pages = aws.client("rds").get_paginator("describe_db_instances").paginate()
        for instance in (instance for page in pages for instance in page["DBInstances"]):
            if resource_id in (instance["DbiResourceId"], instance["DBInstanceIdentifier"]):
                return instance
        return None


_NOT_MODIFIABLE = {
    *("engine", "username", "dbName", "kmsKeyId", "storageEncrypted", "availabilityZone"),
    *("tags", "replicateSourceDb"),
}
_MODIFIABLE = frozenset(
    name
    for name, prop in Instance.properties.items()
    if prop.api and not prop.output and name not in _NOT_MODIFIABLE
)


def _growth_limit(instance: dict[str, Any]) -> int | None:
    """To what size storage autoscaling may go; None when it is off."""
    limit = instance.get("MaxAllocatedStorage")
    return limit if limit and limit > instance["AllocatedStorage"] else None


def _version_fits(actual: str, stated: str) -> bool:
    """Whether a version is the stated one, or one of the stated major's."""
    return actual == stated or actual.startswith(f"{stated}.")


RESOURCE_TYPES = (Instance(),)
