"""A locked vault of AWS Backup, encrypted with a key of its own region."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import backup

from components.backups import iam_policies as backup_policies
from components.scope import StackScope
from config.settings.backups import VaultLock


@dataclass(frozen=True, kw_only=True)
class BackupVaultArgs:
    scope: StackScope
    """With the vault's own region."""
    kms_key_arn: pulumi.Input[str]
    lock: VaultLock
    keep: bool
    """Whether it refuses to be deleted; else its backups go with it."""
    topic_arn: pulumi.Input[str] | None = None
    """A topic of the same region that is told of copies that fail, and of restores."""


class BackupVault(pulumi.ComponentResource):
    """`arn` is known once the vault is locked and its policy is in force."""

    vault_name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: BackupVaultArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:backups:BackupVault", name, None, opts)
        region = args.scope.region
        # The backups of the platform. Renaming it means an empty one beside it.
        vault = backup.Vault(
            name,
            name=args.scope.prefix,
            region=region,
            kms_key_arn=args.kms_key_arn,
            force_destroy=not args.keep,
            opts=pulumi.ResourceOptions(parent=self, protect=args.keep),
        )
        policy = backup.VaultPolicy(
            name,
            backup_vault_name=vault.name,
            region=region,
            policy=backup_policies.vault(args.scope),
            opts=pulumi.ResourceOptions(parent=self),
        )
        # A vault has one of each: deleting the predecessor of a replacement takes off the new one.
        single = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        lock = backup.VaultLockConfiguration(
            name,
            backup_vault_name=vault.name,
            region=region,
            min_retention_days=args.lock.min_keep_days,
            max_retention_days=args.lock.max_keep_days,
            changeable_for_days=args.lock.changeable_for_days,
            opts=single,
        )
        if args.topic_arn is not None:
            backup.VaultNotifications(
                name,
                backup_vault_name=vault.name,
                region=region,
                sns_topic_arn=args.topic_arn,
                backup_vault_events=list(TOLD),
                opts=single,
            )
        self.vault_name = vault.name
        self.arn = pulumi.Output.all(vault.arn, policy.id, lock.id).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"arn": self.arn})


TOLD = ("COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED", "RESTORE_JOB_STARTED")
"""Of backups that fail a vault's notifications tell nothing any more: an EventBridge rule does."""
