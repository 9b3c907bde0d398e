"""Customer managed KMS keys: one per purpose, each with an alias."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

from components.scope import StackScope
from components.security import iam_policies
from components.security.iam_policies import Statement


@dataclass(frozen=True)
class KeyPurpose:
    """What a key encrypts, and the AWS services that its policy must allow.

    RDS, ElastiCache, Secrets Manager and AWS Backup need no statement: they use a key with the
    permissions of the caller or of a role of this account.
    """

    encrypts: str
    """The description of the key."""
    service_statements: Callable[[StackScope], Sequence[Statement]] = lambda _: ()
    """Statements of the key policy besides the one for the account."""
    retained: bool = False
    """Whether snapshots or backups that outlive the stack are encrypted with it. Destroying the
    stack then leaves the key: pending deletion, it could no longer decrypt them."""


def _logs(scope: StackScope) -> Sequence[Statement]:
    return [iam_policies.logs_encrypt(scope)]


PURPOSES: Mapping[str, KeyPurpose] = {
    "postgres": KeyPurpose("PostgreSQL storage, snapshots and Performance Insights", retained=True),
    "redis": KeyPurpose("Redis data and snapshots", retained=True),
    "clickhouse": KeyPurpose("ClickHouse volumes and backups", retained=True),
    "secrets": KeyPurpose("Logins in Secrets Manager"),
    "logs": KeyPurpose("Log groups", _logs),
    "sessions": KeyPurpose("Sessions of the bastion task"),
    "notifications": KeyPurpose("Topics of events and alarms", iam_policies.notifiers_encrypt),
    "backups": KeyPurpose("Backups in the vault", retained=True),
}
"""The keys of the main project. A purpose is part of logical names: renaming one replaces the key.
"""

RECOVERY_PURPOSES: Mapping[str, KeyPurpose] = {
    "recovery": KeyPurpose("Copies of backups", retained=True)
}
"""The key of the recovery region: a copy must stay readable when the primary region is lost."""

NETWORK_PURPOSES: Mapping[str, KeyPurpose] = {"network-logs": KeyPurpose("Flow logs", _logs)}
"""The key of the foundation project."""


@dataclass(frozen=True, kw_only=True)
class KmsKeysArgs:
    scope: StackScope
    purposes: Mapping[str, KeyPurpose]
    protect: bool
    """Whether Pulumi refuses to delete the keys."""


class KmsKeys(pulumi.ComponentResource):
    """One rotated key with an alias per purpose, in the region of the scope."""

    arns: dict[str, pulumi.Output[str]]
    """Key ARNs by purpose."""

    def __init__(
        self, name: str, args: KmsKeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:KmsKeys", name, None, opts)
        self.arns = {
            key: self._key(f"{name}-{key}", f"{args.scope.prefix}-{key}", key_purpose, args)
            for key, key_purpose in args.purposes.items()
        }
        self.register_outputs({"arns": self.arns})

    def _key(
        self, name: str, physical_name: str, purpose: KeyPurpose, args: KmsKeysArgs
    ) -> pulumi.Output[str]:
        # Data encrypted with a deleted key can never be read again.
        key = kms.Key(
            name,
            region=args.scope.region,
            description=purpose.encrypts,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=iam_policies.document(
                iam_policies.account_administers(args.scope),
                *purpose.service_statements(args.scope),
            ),
            tags={"Name": physical_name},
            opts=pulumi.ResourceOptions(
                parent=self, protect=args.protect, retain_on_delete=purpose.retained
            ),
        )
        kms.Alias(
            name,
            region=args.scope.region,
            name=f"alias/{physical_name}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn
