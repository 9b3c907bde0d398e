"""Corrects moto's backup vaults and adds their policies and notifications.

moto 5.2.5, checked 2026-11-24.
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import unquote

from moto.backup import urls
from moto.backup.exceptions import (
    InvalidParameterValueException,
    InvalidRequestException,
    ResourceNotFoundException,
)
from moto.backup.models import BackupBackend, Vault
from moto.backup.responses import BackupResponse
from moto.kms.models import kms_backends
from moto.sns.models import sns_backends

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_OF_A_VAULT = ("access-policy", "notification-configuration")


def patch(_plane: DataPlane) -> None:
    for path in _OF_A_VAULT:
        add_path(f"/backup-vaults/(?P<name>[^/]+)/{path}$")
    BackupResponse.put_backup_vault_access_policy = _put_policy
    BackupResponse.get_backup_vault_access_policy = _get_policy
    BackupResponse.delete_backup_vault_access_policy = _delete_policy
    BackupResponse.put_backup_vault_notifications = _put_notifications
    BackupResponse.get_backup_vault_notifications = _get_notifications
    BackupResponse.delete_backup_vault_notifications = _delete_notifications
    Vault.number_of_recovery_points = property(lambda vault: len(recovery_points(vault)))
    _patch_vaults()


def add_path(path: str) -> None:
    """Adds a route that moto lacks. Must be called before moto serves its first request."""
    urls.url_paths["{0}" + path] = urls.response.dispatch


def body(response: Any) -> dict[str, Any]:
    return dict(json.loads(response.body)) if response.body else {}


def path_after(response: Any, after: str) -> str:
    """The segment of the request's path that follows the given one."""
    parts = response.path.split("/")
    return unquote(parts[parts.index(after) + 1])


def recovery_points(vault: Any) -> dict[str, dict[str, Any]]:
    """A vault's recovery points by ARN."""
    found: dict[str, dict[str, Any]] = vault.__dict__.setdefault("recovery_points", {})
    return found


def require_key(backend: Any, key: str | None) -> None:
    """Refuses a KMS key that doesn't exist in the backend's region or isn't enabled."""
    if not key:
        return
    kms = kms_backends[backend.account_id][backend.region_name]
    found = kms.keys.get(kms.any_id_to_key_id(key))
    if found is None or found.key_state != "Enabled":
        raise InvalidParameterValueException(f"The KMS key {key} is not accessible.")


def _patch_vaults() -> None:
    # moto accepts any key.
    @wrap_method(BackupBackend, "create_backup_vault")
    def create(original: Method, backend: Any, **named: Any) -> Any:
        require_key(backend, named.get("encryption_key_arn"))
        return original(backend, **named)

    # moto words the error of a missing vault differently, and deletes vaults that aren't empty.
    @wrap_method(BackupBackend, "delete_backup_vault")
    def delete(original: Method, backend: Any, backup_vault_name: str) -> Any:
        vault = backend.describe_backup_vault(backup_vault_name)
        if recovery_points(vault):
            raise InvalidRequestException(
                "Backup vault cannot be deleted because it contains recovery points."
            )
        return original(backend, backup_vault_name)


def _vault(response: Any) -> Any:
    return response.backup_backend.describe_backup_vault(path_after(response, "backup-vaults"))


def _named(vault: Any) -> dict[str, Any]:
    return {
        "BackupVaultName": vault.backup_vault_name,
        "BackupVaultArn": vault.backup_vault_arn,
    }


def _put_policy(response: Any) -> str:
    vault, policy = _vault(response), body(response).get("Policy") or ""
    try:
        json.loads(policy)["Statement"]
    except (ValueError, KeyError, TypeError):
        raise InvalidParameterValueException("The policy document is not valid.") from None
    vault.access_policy = policy
    return "{}"


def _get_policy(response: Any) -> str:
    vault = _vault(response)
    policy = getattr(vault, "access_policy", None)
    if policy is None:
        raise ResourceNotFoundException(f"{vault.backup_vault_name} has no access policy.")
    return json.dumps({**_named(vault), "Policy": policy})


def _delete_policy(response: Any) -> str:
    _vault(response).access_policy = None
    return "{}"


def _put_notifications(response: Any) -> str:
    vault, requested = _vault(response), body(response)
    backend = response.backup_backend
    if requested["SNSTopicArn"] not in sns_backends[backend.account_id][backend.region_name].topics:
        raise InvalidParameterValueException(
            f"The topic {requested['SNSTopicArn']} does not exist."
        )
    vault.notifications = {key: requested[key] for key in ("SNSTopicArn", "BackupVaultEvents")}
    return "{}"


def _get_notifications(response: Any) -> str:
    vault = _vault(response)
    notifications = getattr(vault, "notifications", None)
    if notifications is None:
        raise ResourceNotFoundException(f"{vault.backup_vault_name} has no notifications.")
    return json.dumps({**_named(vault), **notifications})


def _delete_notifications(response: Any) -> str:
    _vault(response).notifications = None
    return "{}"
