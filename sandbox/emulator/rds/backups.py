"""Adds cross-region replication of automated backups (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.core.responses import ActionResult
from moto.kms.models import kms_backends
from moto.moto_api._internal import mock_random
from moto.rds.exceptions import DBInstanceNotFoundError, RDSClientError
from moto.rds.models import DBInstance, RDSBackend, rds_backends
from moto.rds.responses import RDSResponse

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_LONGEST = 35
_REPLICATES, _STOPPED = "replicating", "retained"


def patch(_plane: DataPlane) -> None:
    RDSResponse.start_db_instance_automated_backups_replication = _start
    RDSResponse.stop_db_instance_automated_backups_replication = _stop

    @wrap_method(RDSResponse, "describe_db_instance_automated_backups")
    def describe(original: Method, response: Any) -> Any:
        arn = response.params.get("DBInstanceAutomatedBackupsArn")
        chosen = [each for each in _replicated(response.backend) if _is_requested(each, response)]
        if arn:
            if not chosen:
                raise RDSClientError(
                    "DBInstanceAutomatedBackupNotFound", f"There is no automated backup {arn}."
                )
            return _answer(chosen)
        own = original(response).result["DBInstanceAutomatedBackups"]
        return _answer([*own, *chosen])

    # Descriptions list the replications of an instance, and deleting it ends them.
    DBInstance.db_instance_automated_backups_replications = property(
        lambda database: [
            {"DBInstanceAutomatedBackupsArn": each["DBInstanceAutomatedBackupsArn"]}
            for each in _of_instance(database.backend.account_id, database.db_instance_arn)
        ]
    )

    @wrap_method(RDSBackend, "delete_db_instance")
    def delete(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        deleted = original(backend, *given, **named)
        for each in _of_instance(backend.account_id, deleted.db_instance_arn):
            each["Status"] = _STOPPED
        return deleted


def _answer(backups: list[Any]) -> Any:
    return ActionResult({"DBInstanceAutomatedBackups": backups})


def _replicated(backend: Any) -> list[dict[str, Any]]:
    """The automated backups replicated into the backend's region."""
    found: list[dict[str, Any]] = backend.__dict__.setdefault("replicated_backups", [])
    return found


def _of_instance(account: str, arn: str) -> list[dict[str, Any]]:
    """The running replications of an instance, to any region."""
    return [
        each
        for backend in rds_backends[account].values()
        for each in _replicated(backend)
        if each["DBInstanceArn"] == arn and each["Status"] == _REPLICATES
    ]


def _is_requested(backup: dict[str, Any], response: Any) -> bool:
    names = ("DBInstanceAutomatedBackupsArn", "DBInstanceIdentifier", "DbiResourceId")
    requested = {name: response.params[name] for name in names if response.params.get(name)}
    return all(backup[name] == value for name, value in requested.items())


def _source(backend: Any, arn: str) -> Any:
    """The instance of an ARN, whose region differs from that of the request."""
    region, identifier = arn.split(":")[3], arn.rpartition(":")[2]
    if region == backend.region_name:
        raise RDSClientError(
            "InvalidParameterValue", "The source must be in another region than its replication."
        )
    source = rds_backends[backend.account_id][region].databases.get(identifier)
    if source is None:
        raise DBInstanceNotFoundError(identifier)
    return source


def _start(response: Any) -> Any:
    backend, params = response.backend, response.params
    arn, days = params["SourceDBInstanceArn"], int(params.get("BackupRetentionPeriod") or 7)
    source = _source(backend, arn)
    _check(backend, source, arn, days, params.get("KmsKeyId"))
    place = f"{backend.region_name}:{backend.account_id}"
    identity = mock_random.get_random_string(26, lower_case=True)
    backup = {
        "DBInstanceAutomatedBackupsArn": f"arn:aws:rds:{place}:auto-backup:ab-{identity}",
        "DBInstanceArn": arn,
        "DbiResourceId": source.dbi_resource_id,
        "DBInstanceIdentifier": source.db_instance_identifier,
        "Region": arn.split(":")[3],
        "Status": _REPLICATES,
        "Engine": source.engine,
        "EngineVersion": source.engine_version,
        "Encrypted": bool(source.storage_encrypted),
        "KmsKeyId": params.get("KmsKeyId"),
        "BackupRetentionPeriod": days,
        "AllocatedStorage": source.allocated_storage,
    }
    _replicated(backend).append(backup)
    return ActionResult({"DBInstanceAutomatedBackup": backup})


def _check(backend: Any, source: Any, arn: str, days: int, key: str | None) -> None:
    if not 1 <= days <= _LONGEST:
        raise RDSClientError(
            "InvalidParameterValue", f"BackupRetentionPeriod must be from 1 to {_LONGEST}."
        )
    if not source.backup_retention_period or source.status != "available":
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"{source.db_instance_identifier} makes no automated backups, or isn't available.",
        )
    if any(each["DBInstanceArn"] == arn for each in _running(backend)):
        raise RDSClientError(
            "InvalidDBInstanceAutomatedBackupState",
            f"The backups of {source.db_instance_identifier} are replicated here already.",
        )
    if not source.storage_encrypted:
        return
    kms = kms_backends[backend.account_id][backend.region_name]
    found = kms.keys.get(kms.any_id_to_key_id(key)) if key else None
    if found is None or found.key_state != "Enabled":
        raise RDSClientError(
            "KMSKeyNotAccessibleFault",
            f"An encrypted source needs an enabled key of {backend.region_name}, not {key}.",
        )


def _running(backend: Any) -> list[dict[str, Any]]:
    return [each for each in _replicated(backend) if each["Status"] == _REPLICATES]


def _stop(response: Any) -> Any:
    arn = response.params["SourceDBInstanceArn"]
    _source(response.backend, arn)
    for each in _running(response.backend):
        if each["DBInstanceArn"] == arn:
            each["Status"] = _STOPPED
            return ActionResult({"DBInstanceAutomatedBackup": each})
    raise RDSClientError(
        "InvalidDBInstanceState", f"{arn} is not replicating to the current region."
    )
