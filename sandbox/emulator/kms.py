"""Corrects the key states of moto's KMS (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.kms.exceptions import ValidationException
from moto.kms.models import KmsBackend
from moto.kms.responses import KmsResponse

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

# Calls that AWS refuses for a key pending deletion -> the parameter with the key's id. AWS still
# allows reading and changing its policy, deleting its aliases, and cancelling the deletion.
_REFUSED_WHEN_PENDING = {
    "create_alias": "TargetKeyId",
    "create_grant": "KeyId",
    "decrypt": "KeyId",
    "disable_key": "KeyId",
    "disable_key_rotation": "KeyId",
    "enable_key": "KeyId",
    "enable_key_rotation": "KeyId",
    "encrypt": "KeyId",
    "generate_data_key": "KeyId",
    "schedule_key_deletion": "KeyId",
    "tag_resource": "KeyId",
    "untag_resource": "KeyId",
    "update_alias": "TargetKeyId",
    "update_key_description": "KeyId",
}


class InvalidStateError(JsonRESTError):  # type: ignore[misc]
    """KMSInvalidStateException."""

    code = 400

    def __init__(self, arn: str) -> None:
        super().__init__("KMSInvalidStateException", f"{arn} is pending deletion.")


def patch(_plane: DataPlane) -> None:
    for name, parameter in _REFUSED_WHEN_PENDING.items():
        _refuse_when_pending(name, parameter)

    # moto reports success for a waiting period out of range, and does nothing.
    @wrap_method(KmsBackend, "schedule_key_deletion")
    def schedule(original: Method, backend: Any, key_id: str, pending_window_in_days: int) -> Any:
        if not 7 <= pending_window_in_days <= 30:
            raise ValidationException(
                f"PendingWindowInDays must be from 7 to 30, not {pending_window_in_days}."
            )
        return original(backend, backend.get_key_id(key_id), pending_window_in_days)

    for name in ("cancel_key_deletion", "disable_key", "enable_key"):
        _accept_arn(name)


def pending_deletion(backend: Any, key_id: str | None) -> Any | None:
    """The key with this id, ARN or alias if it is pending deletion."""
    if not key_id:
        return None
    key = backend.keys.get(backend.any_id_to_key_id(key_id))
    return key if key is not None and key.key_state == "PendingDeletion" else None


def _accept_arn(name: str) -> None:
    """Makes a call accept the ARN of a key, on which moto fails."""

    @wrap_method(KmsBackend, name)
    def accept(original: Method, backend: Any, key_id: str) -> Any:
        return original(backend, backend.get_key_id(key_id))


def _refuse_when_pending(name: str, parameter: str) -> None:
    @wrap_method(KmsResponse, name)
    def refuse(original: Method, response: Any) -> Any:
        key_id = response._get_param(parameter)
        if key := pending_deletion(response.kms_backend, key_id):
            raise InvalidStateError(key.arn)
        return original(response)
