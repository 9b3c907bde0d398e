"""AWS's rules for DB instances that moto lacks: pure functions of the request's values."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from moto.rds.exceptions import RDSClientError

from sandbox import aws_data

ENGINE = aws_data.ENGINE
GP3_STEP_GIB = 400
DEFAULT_RETENTION_DAYS = 1
_LONGEST_MASTER = 16
"""Source: the RDS API reference, CreateDBInstance, MasterUsername."""
_GP3_SMALL = {"iops": 3_000, "storage_throughput": 125}
_GP3_LARGE = {"iops": 12_000, "storage_throughput": 500}
_GP3_IOPS = range(12_000, 64_001)
_GP3_THROUGHPUT = range(500, 4_001)

_RESERVED_USERS = frozenset(
    """admin all any array as both case cast check end group in into is not null on or order
    rdsadmin rds_superuser rds_password rds_replication select table then to union user
    using when where with""".split()  # noqa: SIM905 - a table of words
)


class InvalidCombinationError(RDSClientError):  # type: ignore[misc]
    """InvalidParameterCombination."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterCombination", message)


class InvalidValueError(RDSClientError):  # type: ignore[misc]
    """InvalidParameterValue."""

    def __init__(self, message: str) -> None:
        super().__init__("InvalidParameterValue", message)


def storage(requested: Mapping[str, Any], gibibytes: int, kind: str) -> dict[str, int]:
    """The IOPS and throughput of a gp3 volume. Refuses figures out of its range."""
    if kind != "gp3":
        return {}
    iops, throughput = requested.get("iops"), requested.get("storage_throughput")
    if gibibytes < GP3_STEP_GIB:
        if iops is not None or throughput is not None:
            raise InvalidCombinationError(
                "You can't specify IOPS or storage throughput for engine postgres and a storage "
                f"size less than {GP3_STEP_GIB}."
            )
        return dict(_GP3_SMALL)
    figures = dict(_GP3_LARGE)
    for name, value, admitted in (
        ("iops", iops, _GP3_IOPS),
        ("storage_throughput", throughput, _GP3_THROUGHPUT),
    ):
        if value is None:
            continue
        if int(value) not in admitted:
            raise InvalidCombinationError(
                f"Invalid {name} for engine name postgres and storage type gp3: {value}; "
                f"it must be from {admitted.start} to {admitted.stop - 1}."
            )
        figures[name] = int(value)
    return figures


def engine_version(requested: str | None) -> str:
    """The full version for a prefix such as "15": its newest minor version."""
    try:
        return aws_data.full_version(requested)
    except aws_data.UnknownVersionError as error:
        raise InvalidCombinationError(str(error)) from None


def family(version: str) -> str:
    return f"{ENGINE}{version.split('.')[0]}"


def families() -> frozenset[str]:
    return frozenset(family(version) for version in aws_data.versions())


def instance_class(name: str, version: str) -> None:
    classes = aws_data.classes(version)
    if classes and name not in classes:
        raise InvalidCombinationError(
            f"RDS does not support creating a DB instance with the following combination: "
            f"DBInstanceClass={name}, Engine=postgres, EngineVersion={version}"
        )


def master_user(name: str | None) -> None:
    if not name:
        raise InvalidValueError("The parameter MasterUsername must be provided and not be blank.")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", name):
        raise InvalidValueError("The parameter MasterUsername is not a valid identifier.")
    if len(name) > _LONGEST_MASTER:
        raise InvalidValueError(
            "The parameter MasterUsername is not a valid identifier because it is longer than "
            f"{_LONGEST_MASTER} characters."
        )
    if name.lower() in _RESERVED_USERS or name.startswith("pg_"):
        raise InvalidValueError(
            f"MasterUsername {name} cannot be used as it is a reserved word used by the engine"
        )


def password(value: str | None) -> None:
    if not value:
        raise InvalidValueError(
            "The parameter MasterUserPassword must be provided and must not be blank. "
            "(The sandbox doesn't emulate ManageMasterUserPassword.)"
        )
    if not 8 <= len(value) <= 128:
        raise InvalidValueError(
            "The parameter MasterUserPassword is not a valid password because it is shorter "
            "than 8 or longer than 128 characters."
        )
    if not re.fullmatch(r"[!#-.0-?A-~]+", value):
        raise InvalidValueError(
            "The parameter MasterUserPassword is not a valid password. Only printable ASCII "
            "characters besides '/', '@', '\"', ' ' may be used."
        )


def backup_retention(days: int | None) -> None:
    if days is not None and not 0 <= int(days) <= 35:
        raise InvalidValueError(
            f"Invalid backup retention period: {days}. Valid values are 0 to 35."
        )


def final_snapshot(skip: bool, name: str | None) -> None:
    if skip and name:
        raise InvalidCombinationError(
            "FinalDBSnapshotIdentifier can't be specified together with SkipFinalSnapshot."
        )
    if not skip and not name:
        raise InvalidCombinationError(
            "FinalDBSnapshotIdentifier is required unless SkipFinalSnapshot is specified."
        )
