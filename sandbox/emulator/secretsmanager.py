"""Corrects moto's Secrets Manager: secrets scheduled for deletion, keys that don't work.

moto 5.2.5, checked 2026-11-24.
"""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends
from moto.secretsmanager.exceptions import InvalidRequestException, SecretsManagerClientError
from moto.secretsmanager.models import SecretsManagerBackend

from sandbox.emulator.dataplane import DataPlane
from sandbox.emulator.patches import Method, around

_CURRENT = "AWSCURRENT"
_DEFAULT_KEY = "alias/aws/secretsmanager"


def patch(_plane: DataPlane) -> None:
    # moto reports a name that is still reserved as one in use, and takes any key.
    @around(SecretsManagerBackend, "create_secret")
    def create(original: Method, backend: Any, name: str, *rest: Any, **named: Any) -> Any:
        if _deleted(backend, name):
            raise InvalidRequestException(
                "You can't create this secret because a secret with this name is already "
                "scheduled for deletion."
            )
        _check_key(backend, named.get("kms_key_id"))
        return original(backend, name, *rest, **named)

    # moto updates the key of a secret to any.
    @around(SecretsManagerBackend, "update_secret")
    def update(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        _check_key(backend, named.get("kms_key_id"))
        return original(backend, *given, **named)

    # moto moves AWSCURRENT and goes on answering with the version that had it.
    @around(SecretsManagerBackend, "update_secret_version_stage")
    def move(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        moved = original(backend, *given, **named)
        if named["version_stage"] == _CURRENT and named.get("move_to_version_id"):
            secret = backend.secrets[named["secret_id"]]
            secret.set_default_version_id(named["move_to_version_id"])
        return moved

    # moto changes secrets that are scheduled for deletion.
    for name in ("put_secret_value", "tag_resource", "untag_resource"):
        _refuse_when_deleted(name)


def _refuse_when_deleted(name: str) -> None:
    @around(SecretsManagerBackend, name)
    def refuse(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        secret_id = given[0] if given else named.get("secret_id") or named.get("arn")
        if _deleted(backend, str(secret_id)):
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return original(backend, *given, **named)


def _deleted(backend: Any, secret_id: str) -> bool:
    return secret_id in backend.secrets and backend.secrets[secret_id].is_deleted()


def _check_key(backend: Any, key_id: str | None) -> None:
    if not key_id or key_id.endswith(_DEFAULT_KEY):
        return
    kms = kms_backends[backend.account_id][backend.region_name]
    key = kms.keys.get(kms.any_id_to_key_id(key_id))
    if key is None or key.key_state != "Enabled":
        raise SecretsManagerClientError(
            "EncryptionFailure",
            f"Secrets Manager can't encrypt the protected secret text using the KMS key {key_id}. "
            "Check that the key is available, enabled, and not in an invalid state.",
        )
