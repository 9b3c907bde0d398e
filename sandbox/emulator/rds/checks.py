"""Checks of requests to create or modify a DB instance; they fill in defaults as AWS does."""

from __future__ import annotations

from typing import Any

from moto.ec2.models import ec2_backends
from moto.rds.exceptions import (
    DBInstanceAlreadyExists,
    DBParameterGroupNotFoundError,
    RDSClientError,
)

from sandbox import aws_data
from sandbox.emulator.rds import rules as rds_rules
from sandbox.emulator.rds.rules import InvalidCombinationError, InvalidValueError

DEFAULT_CA = "rds-ca-rsa2048-g1"


def new_instance(backend: Any, arguments: Any) -> None:
    version = rds_rules.engine_version(arguments.get("engine_version"))
    rds_rules.instance_class(arguments["db_instance_class"], version)
    rds_rules.master_user(arguments.get("master_username"))
    rds_rules.password(arguments.get("master_user_password"))
    rds_rules.backup_retention(arguments.get("backup_retention_period"))
    gibibytes, kind = arguments.get("allocated_storage"), arguments.get("storage_type")
    if not gibibytes:
        raise InvalidValueError("The parameter AllocatedStorage must be provided.")
    for name, value in rds_rules.storage(arguments, int(gibibytes), kind or "gp2").items():
        arguments[name] = value
    arguments["engine_version"] = version
    if group := arguments.get("db_parameter_group_name"):
        _check_group(backend, group, version)
    if key := arguments.get("kms_key_id"):
        arguments["kms_key_id"] = backend._validate_kms_key(key)
    arguments.setdefault("ca_certificate_identifier", DEFAULT_CA)
    arguments.setdefault("publicly_accessible", False)
    arguments.setdefault("license_model", "postgresql-license")
    subnet_group = arguments.get("db_subnet_group_name")
    vpc = backend.describe_db_subnet_groups(subnet_group)[0].vpc_id if subnet_group else None
    security_groups(backend, arguments.get("vpc_security_group_ids"), vpc)


def modification(backend: Any, database: Any, requested: Any) -> None:
    require(database, "available")
    if requested.get("engine_version"):
        requested["engine_version"] = _upgrade(backend, database, requested)
    version = requested.get("engine_version") or database.engine_version
    if requested.get("db_instance_class"):
        rds_rules.instance_class(requested["db_instance_class"], version)
    if requested.get("master_user_password") is not None:
        rds_rules.password(requested["master_user_password"])
        if database.is_replica:
            raise InvalidCombinationError(
                "The master password of a read replica is its source's: change it there."
            )
    if group := requested.get("db_parameter_group_name"):
        _check_group(backend, group, version)
    rds_rules.backup_retention(requested.get("backup_retention_period"))
    retention_of_source(database, requested.get("backup_retention_period"))
    new = requested.get("new_db_instance_identifier")
    if new and new.lower() != database.db_instance_identifier and new in backend.databases:
        raise DBInstanceAlreadyExists
    group = getattr(database, "db_subnet_group", None)
    security_groups(
        backend, requested.get("vpc_security_group_ids"), group.vpc_id if group else None
    )
    _check_storage(database, requested)


def stopping(database: Any) -> None:
    if database.is_replica or database.replicas:
        what = "is a read replica" if database.is_replica else "has read replicas"
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Cannot stop the instance {database.db_instance_identifier}: it {what}.",
        )


def deletion(database: Any, skip: bool, snapshot: str | None) -> None:
    """Refuses a protected instance, then a contradictory request about the final snapshot."""
    if database.status == "creating":
        require(database, "available")
    if database.deletion_protection:
        return
    if database.is_replica and snapshot:
        raise InvalidCombinationError(
            "FinalDBSnapshotIdentifier can not be specified when deleting a replica instance"
        )
    rds_rules.final_snapshot(skip, snapshot)


def retention_of_source(database: Any, days: int | None) -> None:
    if days == 0 and database.replicas:
        raise InvalidCombinationError(
            "Automated backups can't be switched off while the instance is the source of read "
            f"replicas: {', '.join(database.replicas)}"
        )


def require(database: Any, *states: str) -> None:
    if database.status not in states:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Instance {database.db_instance_identifier} is {database.status}, not {states[0]}.",
        )


def _check_storage(database: Any, requested: Any) -> None:
    old, new = database.allocated_storage, requested.get("allocated_storage")
    if new is not None and int(new) < old:
        raise InvalidCombinationError(
            f"Invalid storage size for engine name postgres: {new}. Storage can't be reduced "
            f"from {old}."
        )
    changed = ("allocated_storage", "storage_type", "iops", "storage_throughput")
    if all(requested.get(name) is None for name in changed):
        return
    kind = requested.get("storage_type") or database.storage_type
    figures = rds_rules.storage(requested, int(new or old), kind)
    grown = old < rds_rules.GP3_STEP_GIB <= int(new or old)
    for name, value in figures.items():
        if requested.get(name) is not None or grown or kind != database.storage_type:
            requested[name] = value


def _upgrade(backend: Any, database: Any, requested: Any) -> str:
    """The version to run. A prefix of the current version requests no change."""
    current, wanted = database.engine_version, requested["engine_version"]
    if f"{current}.".startswith(f"{wanted}."):
        return str(current)
    version = rds_rules.engine_version(wanted)
    if aws_data.numbers(version) < aws_data.numbers(current):
        raise InvalidCombinationError(
            f"Cannot upgrade postgres from {current} to {version}: downgrades are impossible."
        )
    if version.split(".")[0] != current.split(".")[0]:
        raise InvalidCombinationError(
            f"The sandbox has PostgreSQL {current.split('.')[0]} only and can't upgrade to "
            f"{version}."
        )
    behind = [
        name
        for name in database.replicas
        if aws_data.numbers(backend.databases[name].engine_version) < aws_data.numbers(version)
    ]
    if behind:
        raise RDSClientError(
            "InvalidDBInstanceState",
            "One or more of the DB Instance's read replicas need to be upgraded: "
            + ", ".join(behind),
        )
    return version


def _check_group(backend: Any, name: str, version: str) -> None:
    family = rds_rules.family(version)
    if name == f"default.{family}":
        return
    if name not in backend.db_parameter_groups:
        raise DBParameterGroupNotFoundError(name)
    given = backend.db_parameter_groups[name].family
    if given != family:
        raise InvalidCombinationError(
            f"The parameter group {name} with DBParameterGroupFamily {given} can't be used for "
            f"this instance. Please use a parameter group with DBParameterGroupFamily {family}."
        )


def security_groups(backend: Any, ids: list[str] | None, vpc: str | None) -> None:
    ec2 = ec2_backends[backend.account_id][backend.region_name]
    for group_id in ids or []:
        group = ec2.get_security_group_from_id(group_id)
        if group is None:
            raise InvalidValueError(f"Invalid security group , groupId= {group_id}, groupName=.")
        if vpc and group.vpc_id != vpc:
            raise InvalidCombinationError(
                "The DB instance and EC2 security group are in different VPCs. The DB instance is "
                f"in {vpc} and the EC2 security group is in {group.vpc_id}"
            )
