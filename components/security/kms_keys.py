"""Customer managed keys: one a purpose, with its alias."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

from components.scope import StackScope
from components.security import iam_policies as policies
from components.security.iam_policies import Statement


@dataclass(frozen=True)
class KeyPurpose:
    """What a key encrypts, and which services besides the account must be able to use it.

    RDS, ElastiCache, Secrets Manager and AWS Backup are no such services: they use a key with the
    permissions of whoever calls them, or of a role of this account.
    """

    encrypts: str
    admits: Callable[[StackScope], Sequence[Statement]] = lambda _: ()


def _logs(scope: StackScope) -> Sequence[Statement]:
    return [policies.logs_encrypt(scope)]


PURPOSES: Mapping[str, KeyPurpose] = {
    "postgres": KeyPurpose("PostgreSQL storage, snapshots and Performance Insights"),
    "redis": KeyPurpose("Redis data and snapshots"),
    "clickhouse": KeyPurpose("ClickHouse volumes and backups"),
    "secrets": KeyPurpose("Logins in Secrets Manager"),
    "logs": KeyPurpose("Log groups", _logs),
    "sessions": KeyPurpose("Sessions of the bastion task"),
    "notifications": KeyPurpose("Topics of events and alarms", policies.notifiers_encrypt),
    "backups": KeyPurpose("Backups in the vault"),
}
"""A purpose is part of a logical name: renaming one makes a new key."""

RECOVERY_PURPOSES: Mapping[str, KeyPurpose] = {"recovery": KeyPurpose("Copies of backups")}
"""Of the recovery region: a copy must not need a key of the region that was lost."""

NETWORK_PURPOSES: Mapping[str, KeyPurpose] = {"network-logs": KeyPurpose("Flow logs", _logs)}


@dataclass(frozen=True, kw_only=True)
class KmsKeysArgs:
    scope: StackScope
    purposes: Mapping[str, KeyPurpose]
    protect: bool


class KmsKeys(pulumi.ComponentResource):
    """`arns` holds the key's ARN by purpose."""

    arns: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: KmsKeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:KmsKeys", name, None, opts)
        self.arns = {
            key: self._key(f"{name}-{key}", f"{args.scope.prefix}-{key}", purpose, args)
            for key, purpose in args.purposes.items()
        }
        self.register_outputs({"arns": self.arns})

    def _key(
        self, name: str, physical: str, purpose: KeyPurpose, args: KmsKeysArgs
    ) -> pulumi.Output[str]:
        # A lost key is lost data: whatever it encrypts can never be read again.
        key = kms.Key(
            name,
            region=args.scope.region,
            description=purpose.encrypts,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=policies.document(
                policies.account_administers(args.scope), *purpose.admits(args.scope)
            ),
            tags={"Name": physical},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        kms.Alias(
            name,
            region=args.scope.region,
            name=f"alias/{physical}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn
