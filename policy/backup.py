"""Rules of AWS Backup."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy.model import PolicyResource, PolicyRule, Severity, known

VAULT = "aws:backup/vault:Vault"
PLAN = "aws:backup/plan:Plan"
DEFAULT_VAULT = "Default"
"""Exists in every account. Its key is managed by AWS and cannot be used in another region."""


def vaults(plan: PolicyResource) -> Iterator[Any]:
    """The vaults of a plan's recovery points, by name or ARN."""
    for rule in plan.items("rules"):
        yield rule.get("targetVaultName")
        yield from (copy.get("destinationVaultArn") for copy in rule.get("copyActions") or ())


RULES = (
    PolicyRule(
        "Backup.1",
        "backup plans do not use the account's default vault with its AWS managed key",
        Severity.MEDIUM,
        (PLAN,),
        "name a vault of the stack in every rule and copy action",
        alone=lambda r: (
            not any(
                known(vault) and str(vault).rpartition(":")[2] in (DEFAULT_VAULT, "None")
                for vault in vaults(r)
            )
        ),
    ),
    PolicyRule(
        "CKV_AWS_166",
        "the vault is encrypted with a customer managed key",
        Severity.MEDIUM,
        (VAULT,),
        "set kms_key_arn",
        alone=lambda r: r.given("kmsKeyArn"),
    ),
)
