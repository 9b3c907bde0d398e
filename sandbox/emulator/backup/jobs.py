"""On-demand backup jobs, recovery points, and the services that AWS Backup is enabled for.

moto lacks all of them (moto 5.2.5, checked 2026-11-24). Jobs complete at once, and recovery points
hold no data.
"""

from __future__ import annotations

import json
from typing import Any

from moto.backup.exceptions import (
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.responses import BackupResponse
from moto.core.utils import unix_time
from moto.moto_api._internal import mock_random

from sandbox.emulator.backup.vaults import add_path, body, path_after, recovery_points
from sandbox.emulator.rds.servers import DataPlane

_SERVICES = ("DynamoDB", "EBS", "EC2", "EFS", "RDS", "S3")
_POINTS = "/backup-vaults/(?P<name>[^/]+)/recovery-points/"
_PATHS = (
    *("/backup-jobs$", "/backup-jobs/$", "/backup-jobs/(?P<job>[^/]+)$"),
    *(f"{_POINTS}$", _POINTS + "(?P<point>.+)$", "/account-settings$"),
)


def patch(_plane: DataPlane) -> None:
    for path in _PATHS:
        add_path(path)
    BackupResponse.start_backup_job = _start
    BackupResponse.describe_backup_job = _describe
    BackupResponse.list_backup_jobs = _list
    BackupResponse.list_recovery_points_by_backup_vault = _list_points
    BackupResponse.delete_recovery_point = _delete_point
    BackupResponse.update_recovery_point_lifecycle = _update_point
    BackupResponse.describe_region_settings = _settings
    BackupResponse.update_region_settings = _update_settings


def _jobs(response: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = response.backup_backend.__dict__.setdefault("jobs", {})
    return found


def _start(response: Any) -> str:
    requested = body(response)
    vault = response.backup_backend.describe_backup_vault(requested["BackupVaultName"])
    now, job_id = unix_time(), str(mock_random.uuid4())
    wrong = _outside_the_lock(vault, requested.get("Lifecycle", {}).get("DeleteAfterDays"))
    job = {
        "BackupJobId": job_id,
        "BackupVaultName": vault.backup_vault_name,
        "BackupVaultArn": vault.backup_vault_arn,
        "ResourceArn": requested["ResourceArn"],
        "IamRoleArn": requested["IamRoleArn"],
        "CreationDate": now,
        "State": "FAILED" if wrong else "COMPLETED",
        **({"StatusMessage": wrong} if wrong else {}),
    }
    if not wrong:
        region, account = response.region, response.current_account
        job["RecoveryPointArn"] = f"arn:aws:backup:{region}:{account}:recovery-point:{job_id}"
        recovery_points(vault)[job["RecoveryPointArn"]] = {
            "RecoveryPointArn": job["RecoveryPointArn"],
            "BackupVaultName": vault.backup_vault_name,
            "ResourceArn": requested["ResourceArn"],
            "CreationDate": now,
            "Status": "COMPLETED",
            "Lifecycle": requested.get("Lifecycle", {}),
        }
    _jobs(response)[job_id] = job
    return json.dumps({key: job[key] for key in ("BackupJobId", "CreationDate")})


def _outside_the_lock(vault: Any, days: int | None) -> str | None:
    """Why a vault lock refuses this retention, if it does. No days means unlimited retention."""
    if not vault.locked:
        return None
    least, most = vault.min_retention_days, vault.max_retention_days
    if least is not None and days is not None and days < least:
        return f"The retention of {days} days is shorter than the vault's minimum of {least}."
    if most is not None and (days is None or days > most):
        return f"The retention of {days or 'endless'} days is longer than the vault's {most}."
    return None


def _describe(response: Any) -> str:
    job = _jobs(response).get(path_after(response, "backup-jobs"))
    if job is None:
        raise ResourceNotFoundException("Cannot find the backup job.")
    return json.dumps(job)


def _list(response: Any) -> str:
    return json.dumps({"BackupJobs": list(_jobs(response).values())})


def _vault(response: Any) -> Any:
    return response.backup_backend.describe_backup_vault(path_after(response, "backup-vaults"))


def _list_points(response: Any) -> str:
    return json.dumps({"RecoveryPoints": list(recovery_points(_vault(response)).values())})


def _point(response: Any, vault: Any) -> dict[str, Any]:
    arn = path_after(response, "recovery-points")
    if arn not in recovery_points(vault):
        raise ResourceNotFoundException(f"Cannot find recovery point {arn}.")
    return recovery_points(vault)[arn]


def _delete_point(response: Any) -> str:
    vault = _vault(response)
    point = _point(response, vault)
    if vault.locked:
        raise InvalidRequestException(
            "The vault is locked, so its recovery points cannot be deleted."
        )
    del recovery_points(vault)[point["RecoveryPointArn"]]
    return "{}"


def _update_point(response: Any) -> str:
    vault = _vault(response)
    point, wanted = _point(response, vault), body(response).get("Lifecycle", {})
    days, present = wanted.get("DeleteAfterDays"), point["Lifecycle"].get("DeleteAfterDays")
    shortened = days is not None and (present is None or days < present)
    if vault.locked and shortened:
        raise InvalidRequestException(
            "The vault is locked, so retention periods cannot be shortened."
        )
    if wrong := _outside_the_lock(vault, days):
        raise InvalidParameterValueException(wrong)
    point["Lifecycle"] = wanted
    return json.dumps({"RecoveryPointArn": point["RecoveryPointArn"], "Lifecycle": wanted})


def _opted_in(response: Any) -> dict[str, bool]:
    default = dict.fromkeys(_SERVICES, True)
    found: dict[str, bool] = response.backup_backend.__dict__.setdefault("opted_in", default)
    return found


def _settings(response: Any) -> str:
    return json.dumps({"ResourceTypeOptInPreference": _opted_in(response)})


def _update_settings(response: Any) -> str:
    _opted_in(response).update(body(response).get("ResourceTypeOptInPreference", {}))
    return "{}"
