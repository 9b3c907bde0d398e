"""Backups beyond RDS's own: the weekly snapshot, and the copies in the recovery region."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi_aws import backup, cloudwatch, iam, rds

from components.backups import iam_policies as backup_policies
from components.backups.vault import BackupVault, BackupVaultArgs
from components.monitoring.alarm_target import AlarmTarget
from components.outputs import BackupsOutputs, VaultOutputs
from components.scope import StackScope
from components.security import iam_policies
from components.security.kms_keys import RECOVERY_PURPOSES, KmsKeys, KmsKeysArgs
from config.settings.backups import (
    BackupSettings,
    BackupWindow,
    CrossRegionCopy,
    WeeklySnapshot,
)

STORES = ("postgres", "clickhouse")
"""Purposes of the keys that encrypt what is backed up; an environment may lack a store."""
FAILED = ("ABORTED", "EXPIRED", "FAILED", "PARTIAL")


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    scope: StackScope
    settings: BackupSettings
    recovery_region: str
    instance: rds.Instance
    """The primary; replicas hold nothing that it doesn't."""
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: backups, and those of the stores."""
    topic_arn: pulumi.Input[str]


class Backups(pulumi.ComponentResource):
    outputs: BackupsOutputs

    def __init__(
        self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:backups:Backups", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, scope = args.settings, args.scope
        recovery = replace(scope, region=args.recovery_region)
        keep = settings.deletion_protection.enabled
        keys = args.kms_key_arns
        recovery_key = KmsKeys(
            name, KmsKeysArgs(scope=recovery, purposes=RECOVERY_PURPOSES, protect=keep), child
        ).arns["recovery"]
        vaults = {
            "primary": BackupVault(
                f"{name}-vault",
                BackupVaultArgs(
                    scope=scope,
                    kms_key_arn=keys["backups"],
                    lock=settings.lock,
                    keep=keep,
                    topic_arn=args.topic_arn,
                ),
                child,
            ),
            "recovery": BackupVault(
                f"{name}-recovery-vault",
                BackupVaultArgs(
                    scope=recovery, kms_key_arn=recovery_key, lock=settings.lock, keep=keep
                ),
                child,
            ),
        }
        role = self._role(
            name,
            args,
            [vault.arn for vault in vaults.values()],
            [*(keys[store] for store in STORES if store in keys), keys["backups"], recovery_key],
        )
        plans = self._plans(name, args, vaults, role)
        self._tells(name, args, vaults["primary"])
        replication = self._replication(name, args, recovery, recovery_key)
        self.outputs = BackupsOutputs(
            role_arn=role,
            vaults={
                key: VaultOutputs(vault.vault_name, vault.arn, of.region)
                for (key, vault), of in zip(vaults.items(), (scope, recovery), strict=True)
            },
            plan_ids=plans,
            replication_arn=replication.id,
        )
        self.register_outputs({"role_arn": role})

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        """The vault of this region: an alarm cannot watch metrics of another region."""
        return [
            AlarmTarget(
                store="backups",
                instance="vault",
                type="backup_vault",
                dimensions={"BackupVaultName": self.outputs.vaults["primary"].name},
            )
        ]

    def _role(
        self,
        name: str,
        args: BackupsArgs,
        vault_arns: Sequence[pulumi.Input[str]],
        key_arns: Sequence[pulumi.Input[str]],
    ) -> pulumi.Output[str]:
        """Its ARN, known once it may do its work."""
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            name,
            name=f"{args.scope.prefix}-backup",
            description="Backs up the database and the volumes",
            assume_role_policy=iam_policies.assume_role_policy(iam_policies.BACKUP, args.scope),
            opts=child,
        )
        document = pulumi.Output.all(args.instance.arn, *vault_arns, *key_arns).apply(
            lambda arns: backup_policies.role(
                args.scope, arns[0], arns[1 : 1 + len(vault_arns)], arns[1 + len(vault_arns) :]
            )
        )
        allowed = iam.RolePolicy(name, name="back-up", role=role.name, policy=document, opts=child)
        return pulumi.Output.all(role.arn, allowed.id).apply(lambda known: str(known[0]))

    def _plans(
        self,
        name: str,
        args: BackupsArgs,
        vaults: Mapping[str, BackupVault],
        role_arn: pulumi.Input[str],
    ) -> dict[str, pulumi.Output[str]]:
        """The ids by frequency. Volumes have no backups of their own, as the instance has: AWS
        Backup makes their daily ones too, and keeps each as long as its copy."""
        weekly, daily = (
            args.settings.weekly_snapshot,
            args.settings.cross_region_copy,
        )
        vault, scope = vaults["primary"], args.scope
        # known once the vault is locked
        target = pulumi.Output.all(vault.vault_name, vault.arn).apply(lambda known: str(known[0]))
        copy = backup.PlanRuleCopyActionArgs(
            destination_vault_arn=vaults["recovery"].arn,
            lifecycle=backup.PlanRuleCopyActionLifecycleArgs(delete_after=daily.keep_days),
        )
        rules = {
            "weekly": self._rule("weekly", weekly, weekly_cron(weekly), target, []),
            "daily": self._rule("daily", daily, daily_cron(daily), target, [copy]),
        }
        plans = {
            key: backup.Plan(
                f"{name}-{key}",
                name=f"{scope.prefix}-{key}",
                rules=[rule],
                opts=pulumi.ResourceOptions(parent=self),
            )
            for key, rule in rules.items()
        }
        backup.Selection(
            f"{name}-weekly-postgres",
            name="postgres",
            plan_id=plans["weekly"].id,
            iam_role_arn=role_arn,
            resources=[args.instance.arn],
            opts=pulumi.ResourceOptions(parent=self),
        )
        for key, plan in plans.items():
            backup.Selection(
                f"{name}-{key}-volumes",
                name="volumes",
                plan_id=plan.id,
                iam_role_arn=role_arn,
                resources=["arn:aws:ec2:*:*:volume/*"],
                conditions=[
                    backup.SelectionConditionArgs(
                        string_equals=[
                            backup.SelectionConditionStringEqualArgs(key=key, value=value)
                            for key, value in backup_policies.tagged(scope).items()
                        ]
                    )
                ],
                opts=pulumi.ResourceOptions(parent=self),
            )
        return {key: plan.id for key, plan in plans.items()}

    @staticmethod
    def _rule(
        name: str,
        times: WeeklySnapshot | CrossRegionCopy,
        schedule: str,
        vault_name: pulumi.Input[str],
        copies: Sequence[backup.PlanRuleCopyActionArgs],
    ) -> backup.PlanRuleArgs:
        return backup.PlanRuleArgs(
            rule_name=name,
            target_vault_name=vault_name,
            schedule=schedule,
            start_window=times.start_within_minutes,
            completion_window=times.complete_within_minutes,
            lifecycle=backup.PlanRuleLifecycleArgs(delete_after=times.keep_days),
            copy_actions=copies or None,
        )

    def _tells(self, name: str, args: BackupsArgs, vault: BackupVault) -> None:
        """A backup that doesn't complete is told to the topic."""
        rule = cloudwatch.EventRule(
            f"{name}-failed",
            name=f"{args.scope.prefix}-backup-failed",
            description="Backups that did not complete",
            event_pattern=vault.arn.apply(failures),
            state="ENABLED",
            opts=pulumi.ResourceOptions(parent=self),
        )
        cloudwatch.EventTarget(
            f"{name}-failed",
            rule=rule.name,
            target_id="topic",
            arn=args.topic_arn,
            input_transformer=cloudwatch.EventTargetInputTransformerArgs(
                input_paths={
                    "job": "$.detail.backupJobId",
                    "resource": "$.detail.resourceArn",
                    "state": "$.detail.state",
                    "why": "$.detail.statusMessage",
                },
                input_template='"The backup of <resource> is <state> (job <job>): <why>"',
            ),
            opts=pulumi.ResourceOptions(parent=self),
        )

    def _replication(
        self,
        name: str,
        args: BackupsArgs,
        recovery: StackScope,
        kms_key_arn: pulumi.Input[str],
    ) -> rds.InstanceAutomatedBackupsReplication:
        return rds.InstanceAutomatedBackupsReplication(
            name,
            region=recovery.region,
            source_db_instance_arn=args.instance.arn,
            kms_key_id=kms_key_arn,
            retention_period=args.settings.cross_region_copy.keep_days,
            # An instance that is replaced keeps its ARN, but its replication ends with it; and an
            # instance has one into a region.
            opts=pulumi.ResourceOptions(
                parent=self, delete_before_replace=True, replace_with=[args.instance]
            ),
        )


def weekly_cron(weekly: WeeklySnapshot) -> str:
    return f"cron({weekly.start.minute} {weekly.start.hour} ? * {weekly.day.upper()} *)"


def daily_cron(times: BackupWindow) -> str:
    return f"cron({times.start.minute} {times.start.hour} * * ? *)"


def failures(vault_arn: str) -> str:
    """The events of backup jobs into the vault that ended without a backup."""
    return json.dumps(
        {
            "source": ["aws.backup"],
            "detail-type": ["Backup Job State Change"],
            "detail": {"state": list(FAILED), "backupVaultArn": [vault_arn]},
        }
    )
