"""A locked AWS Backup vault, encrypted with a KMS key of its region."""

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
    """The scope with the region of the vault."""
    kms_key_arn: pulumi.Input[str]
    lock: VaultLock
    protect: bool
    """Whether Pulumi refuses to delete the vault. Otherwise its backups are deleted with it."""
    topic_arn: pulumi.Input[str] | None = None
    """A topic in the same region for failed copy jobs and for restores."""


class BackupVault(pulumi.ComponentResource):
    """A vault with its policy, its lock and, with a topic, notifications."""

    vault_name: pulumi.Output[str]
    arn: pulumi.Output[str]
    """Resolves after the vault is locked and its policy is in force."""

    def __init__(
        self, name: str, args: BackupVaultArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:backups:BackupVault", name, None, opts)
        region = args.scope.region
        # Renaming this resource creates a new, empty vault.
        vault = backup.Vault(
            name,
            name=args.scope.prefix,
            region=region,
            kms_key_arn=args.kms_key_arn,
            force_destroy=not args.protect,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        policy = backup.VaultPolicy(
            name,
            backup_vault_name=vault.name,
            region=region,
            policy=backup_policies.vault_policy(args.scope),
            opts=pulumi.ResourceOptions(parent=self),
        )
        # A vault has at most one lock and one notification configuration. When one is replaced,
        # the old one must be deleted first, or its deletion removes the new one.
        delete_first = pulumi.ResourceOptions(parent=self, delete_before_replace=True)
        lock = backup.VaultLockConfiguration(
            name,
            backup_vault_name=vault.name,
            region=region,
            min_retention_days=args.lock.min_keep_days,
            max_retention_days=args.lock.max_keep_days,
            changeable_for_days=args.lock.changeable_for_days,
            opts=delete_first,
        )
        if args.topic_arn is not None:
            backup.VaultNotifications(
                name,
                backup_vault_name=vault.name,
                region=region,
                sns_topic_arn=args.topic_arn,
                backup_vault_events=list(NOTIFIED_EVENTS),
                opts=delete_first,
            )
        self.vault_name = vault.name
        self.arn = pulumi.Output.all(vault.arn, policy.id, lock.id).apply(
            lambda values: str(values[0])
        )
        self.register_outputs({"arn": self.arn})


NOTIFIED_EVENTS = ("COPY_JOB_FAILED", "RESTORE_JOB_COMPLETED", "RESTORE_JOB_STARTED")
"""Without failed backup jobs, for which AWS Backup no longer sends vault notifications: failures.py
handles those."""
