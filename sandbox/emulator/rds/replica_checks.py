"""Checks of requests to create or promote a read replica; missing values come from the source."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.exceptions import RDSClientError

from sandbox.emulator.rds import checks
from sandbox.emulator.rds import rules as rds_rules
from sandbox.emulator.rds.rules import ENGINE, InvalidCombinationError

# Attributes that a replica copies from its source unless the request sets them
# (CreateDBInstanceReadReplica).
_INHERITED = (
    "allocated_storage",
    "auto_minor_version_upgrade",
    "db_instance_class",
    "db_parameter_group_name",
    "iops",
    "license_model",
    "port",
    "storage_throughput",
    "storage_type",
)
# Attributes that a replica always copies from its source: the call has no parameters for them.
_SAME = (
    "db_name",
    "engine",
    "engine_version",
    "kms_key_id",
    "master_username",
    "preferred_backup_window",
    "preferred_maintenance_window",
    "storage_encrypted",
)
_STORAGE = ("allocated_storage", "iops", "storage_throughput", "storage_type")


def find_source(backend: Any, arguments: Any) -> Any:
    name = arguments["source_db_instance_identifier"]
    if _is_arn(name) and name.split(":")[3] != backend.region_name:
        raise RDSClientError(
            "NotImplemented", "The sandbox has no replicas in other regions than their source's."
        )
    return backend.find_db_from_id(name)


def attributes(backend: Any, source: Any, arguments: Any) -> dict[str, Any]:
    """The replica's attributes. Refuses requests that AWS refuses."""
    checks.require(source, "available")
    if not source.backup_retention_period:
        raise RDSClientError(
            "InvalidDBInstanceState",
            "Automated backups are not enabled for this database instance. To enable automated "
            "backups, use ModifyDBInstance to set the backup retention period to a non-zero value.",
        )
    requested = {name: value for name, value in arguments.items() if value is not None}
    if "db_parameter_group_name" in requested:
        raise InvalidCombinationError(
            "A parameter group can't be specified during Read Replica creation for the following "
            f"DB engine: {ENGINE}"
        )
    _check_key(backend, source, requested)
    rds_rules.instance_class(
        requested.get("db_instance_class", source.db_instance_class), source.engine_version
    )
    group = _subnet_group(backend, source, requested)
    vpc = group.vpc_id if group else None
    if "vpc_security_group_ids" not in requested and group:
        ec2 = ec2_backends[backend.account_id][backend.region_name]
        requested["vpc_security_group_ids"] = [ec2.get_default_security_group(vpc).id]
    checks.security_groups(backend, requested.get("vpc_security_group_ids"), vpc)
    inherited = {name: getattr(source, name) for name in _INHERITED}
    return {
        "ca_certificate_identifier": checks.DEFAULT_CA,
        "publicly_accessible": False,
        **inherited,
        **requested,
        **_storage(source, requested),
        **{name: getattr(source, name) for name in _SAME},
        "db_subnet_group_name": group.name if group else None,
        "source_db_instance_identifier": source.db_instance_identifier,
        "backup_retention_period": 0,
    }


def promotion(replica: Any, arguments: Any) -> None:
    if not replica.is_replica:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"DB Instance is not a read replica: {replica.db_instance_identifier}",
        )
    rds_rules.backup_retention(arguments.get("backup_retention_period"))
    if arguments.get("backup_retention_period") == 0 and replica.replicas:
        checks.retention_of_source(replica, 0)


def _check_key(backend: Any, source: Any, requested: dict[str, Any]) -> None:
    """Refuses a missing or wrong KMS key. A replica in the source's region uses the source's."""
    key = requested.get("kms_key_id")
    if key and (not source.kms_key_id or backend._validate_kms_key(key) != source.kms_key_id):
        raise InvalidCombinationError(
            "A read replica in its source's region is encrypted with the source's KMS key, or not "
            "at all: leave KmsKeyId out."
        )


def _subnet_group(backend: Any, source: Any, requested: dict[str, Any]) -> Any:
    own = getattr(source, "db_subnet_group", None)
    name = requested.get("db_subnet_group_name")
    if not name:
        return own
    if not _is_arn(requested["source_db_instance_identifier"]):
        raise RDSClientError(
            "DBSubnetGroupNotAllowedFault",
            "DbSubnetGroupName should not be specified for read replicas that are created in the "
            "same region as the master",
        )
    group = backend.describe_db_subnet_groups(name)[0]
    if own and group.vpc_id != own.vpc_id:
        raise RDSClientError(
            "InvalidVPCNetworkStateFault",
            f"The subnet group {name} is in {group.vpc_id}, the source in {own.vpc_id}.",
        )
    return group


def _storage(source: Any, requested: dict[str, Any]) -> dict[str, Any]:
    """The volume's size, IOPS and throughput, from the request or else from the source."""
    if not any(name in requested for name in _STORAGE):
        return {}
    gibibytes = int(requested.get("allocated_storage", source.allocated_storage))
    if gibibytes < source.allocated_storage:
        raise InvalidCombinationError(
            f"Invalid storage size for a read replica: {gibibytes}. Its source has "
            f"{source.allocated_storage}."
        )
    kind = requested.get("storage_type", source.storage_type)
    return dict(rds_rules.storage(requested, gibibytes, kind))


def _is_arn(name: str) -> bool:
    return name.startswith("arn:")
