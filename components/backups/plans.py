"""AWS Backup plans: the weekly snapshot, and the daily backup with its copy in the recovery region.

The weekly plan backs up the PostgreSQL primary and the tagged volumes. The daily plan backs up the
tagged volumes only: RDS makes daily backups itself, but EBS volumes have no backups of their own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pulumi
from pulumi_aws import backup

from components.backups import iam_policies as backup_policies
from components.backups.vault import BackupVault
from components.scope import StackScope
from config.settings.backups import (
    BackupSettings,
    BackupWindow,
    CrossRegionCopy,
    WeeklySnapshot,
)


def create_plans(
    name: str,
    *,
    scope: StackScope,
    settings: BackupSettings,
    vaults: Mapping[str, BackupVault],
    role_arn: pulumi.Input[str],
    instance_arn: pulumi.Input[str],
    opts: pulumi.ResourceOptions,
) -> dict[str, pulumi.Output[str]]:
    """Creates the plans and their selections, and returns plan ids by frequency: weekly, daily.
    `vaults` has the keys primary and recovery; `instance_arn` is the PostgreSQL primary."""
    plans = {
        frequency: backup.Plan(
            f"{name}-{frequency}",
            name=f"{scope.prefix}-{frequency}",
            rules=[rule],
            opts=opts,
        )
        for frequency, rule in plan_rules(settings, vaults).items()
    }
    backup.Selection(
        f"{name}-weekly-postgres",
        name="postgres",
        plan_id=plans["weekly"].id,
        iam_role_arn=role_arn,
        resources=[instance_arn],
        opts=opts,
    )
    for frequency, plan in plans.items():
        backup.Selection(
            f"{name}-{frequency}-volumes",
            name="volumes",
            plan_id=plan.id,
            iam_role_arn=role_arn,
            resources=["arn:aws:ec2:*:*:volume/*"],
            conditions=[
                backup.SelectionConditionArgs(
                    string_equals=[
                        backup.SelectionConditionStringEqualArgs(key=key, value=value)
                        for key, value in backup_policies.volume_tag_condition(scope).items()
                    ]
                )
            ],
            opts=opts,
        )
    return {frequency: plan.id for frequency, plan in plans.items()}


def plan_rules(
    settings: BackupSettings, vaults: Mapping[str, BackupVault]
) -> dict[str, backup.PlanRuleArgs]:
    """The only rule of each plan, by frequency."""
    weekly, daily = settings.weekly_snapshot, settings.cross_region_copy
    primary = vaults["primary"]
    # The vault's ARN resolves after the vault is locked: no backup is made before.
    vault_name = pulumi.Output.all(primary.vault_name, primary.arn).apply(
        lambda values: str(values[0])
    )
    copy = backup.PlanRuleCopyActionArgs(
        destination_vault_arn=vaults["recovery"].arn,
        lifecycle=backup.PlanRuleCopyActionLifecycleArgs(delete_after=daily.keep_days),
    )
    return {
        "weekly": plan_rule("weekly", weekly, weekly_cron(weekly), vault_name, []),
        "daily": plan_rule("daily", daily, daily_cron(daily), vault_name, [copy]),
    }


def plan_rule(
    name: str,
    window: WeeklySnapshot | CrossRegionCopy,
    schedule: str,
    vault_name: pulumi.Input[str],
    copies: Sequence[backup.PlanRuleCopyActionArgs],
) -> backup.PlanRuleArgs:
    """A rule that backs up into the vault at `schedule`, a cron expression in UTC."""
    return backup.PlanRuleArgs(
        rule_name=name,
        target_vault_name=vault_name,
        schedule=schedule,
        start_window=window.start_within_minutes,
        completion_window=window.complete_within_minutes,
        lifecycle=backup.PlanRuleLifecycleArgs(delete_after=window.keep_days),
        copy_actions=copies or None,
    )


def weekly_cron(weekly: WeeklySnapshot) -> str:
    """The cron expression of AWS for the day and time of the weekly snapshot."""
    return f"cron({weekly.start.minute} {weekly.start.hour} ? * {weekly.day.upper()} *)"


def daily_cron(window: BackupWindow) -> str:
    """The cron expression of AWS for the start of the window, every day."""
    return f"cron({window.start.minute} {window.start.hour} * * ? *)"
