"""Completes moto's CloudWatch Logs (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.logs.exceptions import ResourceNotFoundException
from moto.logs.responses import LogsResponse

from sandbox.emulator.rds.servers import DataPlane


def patch(_plane: DataPlane) -> None:
    LogsResponse.associate_kms_key = _associate
    LogsResponse.disassociate_kms_key = _disassociate


def _set_key(response: Any, key: str | None) -> str:
    group = response.logs_backend.groups.get(response._get_param("logGroupName"))
    if group is None:
        raise ResourceNotFoundException()
    group.kms_key_id = key
    return ""


def _associate(response: Any) -> str:
    return _set_key(response, response._get_param("kmsKeyId"))


def _disassociate(response: Any) -> str:
    return _set_key(response, None)
