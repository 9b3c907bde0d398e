"""Corrects moto's Secrets Manager: secrets scheduled for deletion, keys and policies.

moto 5.2.5, checked 2026-11-24.
"""

from __future__ import annotations

import json
import threading
from typing import Any

from moto.kms.models import kms_backends
from moto.secretsmanager.exceptions import InvalidRequestException, SecretsManagerClientError
from moto.secretsmanager.models import SecretsManagerBackend, SecretsStore
from moto.secretsmanager.responses import SecretsManagerResponse

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_CURRENT = "AWSCURRENT"
_DEFAULT_KEY = "alias/aws/secretsmanager"


def patch(_plane: DataPlane) -> None:
    # moto reports a reserved name as one in use, and accepts any KMS key.
    @wrap_method(SecretsManagerBackend, "create_secret")
    def create(original: Method, backend: Any, name: str, *rest: Any, **named: Any) -> Any:
        if _deleted(backend, name):
            raise InvalidRequestException(
                "You can't create this secret because a secret with this name is already "
                "scheduled for deletion."
            )
        _check_key(backend, named.get("kms_key_id"))
        return original(backend, name, *rest, **named)

    # moto accepts any KMS key for a secret.
    @wrap_method(SecretsManagerBackend, "update_secret")
    def update(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        _check_key(backend, named.get("kms_key_id"))
        return original(backend, *given, **named)

    # moto accepts any text as a policy and ignores BlockPublicPolicy.
    @wrap_method(SecretsManagerBackend, "put_resource_policy")
    def put_policy(original: Method, backend: Any, secret_id: str, policy: str) -> Any:
        _check_policy(policy)
        return original(backend, secret_id, policy)

    @wrap_method(SecretsManagerResponse, "put_resource_policy")
    def block(original: Method, response: Any) -> Any:
        if response._get_param("BlockPublicPolicy"):
            _refuse_public(response._get_param("ResourcePolicy"))
        return original(response)

    # moto moves AWSCURRENT but still returns the version that had it before.
    @wrap_method(SecretsManagerBackend, "update_secret_version_stage")
    def move(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        moved = original(backend, *given, **named)
        if named["version_stage"] == _CURRENT and named.get("move_to_version_id"):
            secret = backend.secrets[named["secret_id"]]
            secret.set_default_version_id(named["move_to_version_id"])
        return moved

    # moto modifies secrets that are scheduled for deletion.
    for name in ("put_secret_value", "tag_resource", "untag_resource", "put_resource_policy"):
        _refuse_when_deleted(name)

    # moto iterates over its secrets while other requests add some: "dictionary changed size".
    one_at_a_time = threading.RLock()
    for name in ("__contains__", "__getitem__", "__setitem__", "get", "pop"):
        _locked(name, one_at_a_time)


def _locked(name: str, lock: threading.RLock) -> None:
    @wrap_method(SecretsStore, name)
    def under_lock(original: Method, store: Any, *given: Any, **named: Any) -> Any:
        with lock:
            return original(store, *given, **named)


def _refuse_when_deleted(name: str) -> None:
    @wrap_method(SecretsManagerBackend, name)
    def refuse(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        secret_id = given[0] if given else named.get("secret_id") or named.get("arn")
        if _deleted(backend, str(secret_id)):
            raise InvalidRequestException(
                "You can't perform this operation on the secret because it was marked for deletion."
            )
        return original(backend, *given, **named)


def _check_policy(text: str) -> None:
    try:
        statements = json.loads(text)["Statement"]
        complete = all({"Effect", "Principal", "Action"} <= each.keys() for each in statements)
    except (ValueError, KeyError, TypeError, AttributeError):
        complete = False
    if not complete:
        raise SecretsManagerClientError(
            "MalformedPolicyDocumentException", "This resource policy contains invalid Json"
        )


def _refuse_public(text: str) -> None:
    _check_policy(text)
    for statement in json.loads(text)["Statement"]:
        everyone = statement["Principal"] in ("*", {"AWS": "*"})
        if statement["Effect"] == "Allow" and everyone and not statement.get("Condition"):
            raise SecretsManagerClientError(
                "PublicPolicyException",
                "This resource policy grants broad access to the secret.",
            )


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
