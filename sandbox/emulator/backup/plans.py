"""Corrects moto's backup plans and adds their selections (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.backup.exceptions import (
    AlreadyExistsException,
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.models import BackupBackend, Plan
from moto.backup.responses import BackupResponse
from moto.core.utils import unix_time
from moto.iam.models import iam_backends
from moto.moto_api._internal import mock_random

from sandbox.emulator.backup.vaults import body, path_after
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_SERVICE = "backup.amazonaws.com"
_NAME = re.compile(r"[a-zA-Z0-9\-_.]{1,50}")


def patch(_plane: DataPlane) -> None:
    BackupResponse.update_backup_plan = _update
    BackupResponse.create_backup_selection = _create_selection
    BackupResponse.get_backup_selection = _get_selection
    BackupResponse.delete_backup_selection = _delete_selection
    BackupResponse.list_backup_selections = _list_selections

    # moto accepts any rule, and keeps the name of a deleted plan reserved.
    @wrap_method(BackupBackend, "create_backup_plan")
    def create(original: Method, backend: Any, **named: Any) -> Any:
        _check(backend, named["backup_plan"])
        deleted = {key: plan for key, plan in backend.plans.items() if plan.deletion_date}
        for key in deleted:
            del backend.plans[key]
        plan = original(backend, **named)
        backend.plans |= deleted
        return plan

    # moto describes deleted plans.
    @wrap_method(BackupBackend, "get_backup_plan")
    def get(original: Method, backend: Any, **named: Any) -> Any:
        plan = original(backend, **named)
        if plan.deletion_date:
            raise ResourceNotFoundException("Failed reading Backup plan with provided version")
        return plan

    # moto has no selections, so it deletes a plan that still has some.
    @wrap_method(BackupBackend, "delete_backup_plan")
    def delete(original: Method, backend: Any, backup_plan_id: str) -> Any:
        if _selections(_plan(backend, backup_plan_id)):
            raise InvalidRequestException(
                "Related backup plan selections must be deleted prior to backup plan deletion."
            )
        return original(backend, backup_plan_id)


def _plan(backend: Any, plan_id: str) -> Any:
    return backend.get_backup_plan(backup_plan_id=plan_id, version_id=None)


def _plan_of(response: Any) -> Any:
    return _plan(response.backup_backend, path_after(response, "plans"))


def _check(backend: Any, document: dict[str, Any]) -> None:
    for rule in document["Rules"]:
        if rule["TargetBackupVaultName"] not in backend.vaults:
            raise InvalidParameterValueException(
                f"The vault {rule['TargetBackupVaultName']} does not exist."
            )
        lifecycle = rule.get("Lifecycle", {})
        cold, end = lifecycle.get("MoveToColdStorageAfterDays"), lifecycle.get("DeleteAfterDays")
        if cold and end and end < cold + 90:
            raise InvalidParameterValueException(
                "DeleteAfterDays must be 90 days or more after MoveToColdStorageAfterDays."
            )


def _update(response: Any) -> str:
    backend, plan = response.backup_backend, _plan_of(response)
    document = body(response)["BackupPlan"]
    _check(backend, document)
    fresh = Plan(backup_plan=document, creator_request_id=plan.creator_request_id, backend=backend)
    plan.backup_plan, plan.version_id = fresh.backup_plan, fresh.version_id
    return json.dumps(plan.to_dict())


def _selections(plan: Any) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = plan.__dict__.setdefault("selections", {})
    return found


def _create_selection(response: Any) -> str:
    plan, selection = _plan_of(response), body(response)["BackupSelection"]
    _check_selection(response.backup_backend, plan, selection)
    selection_id = str(mock_random.uuid4())
    _selections(plan)[selection_id] = {
        "BackupSelection": selection,
        "SelectionId": selection_id,
        "BackupPlanId": plan.backup_plan_id,
        "CreationDate": unix_time(),
    }
    known = ("SelectionId", "BackupPlanId", "CreationDate")
    return json.dumps({key: _selections(plan)[selection_id][key] for key in known})


def _check_selection(backend: Any, plan: Any, selection: dict[str, Any]) -> None:
    name = selection["SelectionName"]
    if not _NAME.fullmatch(name):
        raise InvalidParameterValueException(f"Invalid selection name {name}.")
    if any(each["BackupSelection"]["SelectionName"] == name for each in _selections(plan).values()):
        raise AlreadyExistsException("Backup selection with the same name already exists.")
    if not (selection.get("Resources") or selection.get("ListOfTags")):
        raise InvalidParameterValueException("A backup selection needs resources or tags.")
    role_arn = selection["IamRoleArn"]
    roles = iam_backends[backend.account_id]["aws"].roles.values()
    role = next((role for role in roles if role.arn == role_arn), None)
    if role is None or _SERVICE not in json.dumps(role.assume_role_policy_document):
        raise InvalidParameterValueException(f"IAM Role {role_arn} cannot be assumed by AWS Backup")


def _selection(response: Any) -> dict[str, Any]:
    plan, selection_id = _plan_of(response), path_after(response, "selections")
    if selection_id not in _selections(plan):
        raise ResourceNotFoundException(f"Cannot find Backup selection {selection_id}.")
    return _selections(plan)[selection_id]


def _get_selection(response: Any) -> str:
    return json.dumps(_selection(response))


def _delete_selection(response: Any) -> str:
    found = _selection(response)
    del _selections(_plan_of(response))[found["SelectionId"]]
    return "{}"


def _list_selections(response: Any) -> str:
    plan = _plan_of(response)
    return json.dumps(
        {
            "BackupSelectionsList": [
                {
                    **{key: each[key] for key in ("SelectionId", "BackupPlanId", "CreationDate")},
                    "SelectionName": each["BackupSelection"]["SelectionName"],
                    "IamRoleArn": each["BackupSelection"]["IamRoleArn"],
                }
                for each in _selections(plan).values()
            ]
        }
    )
