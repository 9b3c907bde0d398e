"""A vault with all that belongs to it, a plan, a replication of backups, EventBridge's rules."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.sandbox.providers.engine_client import Live

RECOVERY = "us-west-2"
ASSUMED = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Principal": {"Service": "backup.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        ],
    }
)
NOBODY_DELETES = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Deny",
                "Principal": {"AWS": "*"},
                "Action": ["backup:DeleteRecoveryPoint"],
                "Resource": "*",
            }
        ],
    }
)
FAILED = json.dumps({"source": ["aws.backup"], "detail": {"state": ["FAILED", "ABORTED"]}})


def build(make: Callable[..., Live], prefix: str, key: Live, topic: Live, instance: Live) -> None:
    vault = make("vault", "aws:backup/vault:Vault", name=prefix, kmsKeyArn=key.state["arn"])
    make(
        "vault-policy",
        "aws:backup/vaultPolicy:VaultPolicy",
        backupVaultName=vault.id,
        policy=NOBODY_DELETES,
    )
    make(
        "vault-lock",
        "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        backupVaultName=vault.id,
        minRetentionDays=30,
        maxRetentionDays=365,
    )
    make(
        "vault-notifications",
        "aws:backup/vaultNotifications:VaultNotifications",
        backupVaultName=vault.id,
        snsTopicArn=topic.id,
        backupVaultEvents=["RESTORE_JOB_STARTED", "COPY_JOB_FAILED"],
    )
    role = make(
        "backup-role", "aws:iam/role:Role", name=f"{prefix}-backup", assumeRolePolicy=ASSUMED
    )
    recovery_key = make("recovery-key", "aws:kms/key:Key", description="copies", region=RECOVERY)
    away = make(
        "recovery-vault",
        "aws:backup/vault:Vault",
        name=prefix,
        kmsKeyArn=recovery_key.state["arn"],
        region=RECOVERY,
    )
    plan = make(
        "plan",
        "aws:backup/plan:Plan",
        name=f"{prefix}-weekly",
        rules=[
            {
                "ruleName": "weekly",
                "targetVaultName": vault.id,
                "schedule": "cron(0 6 ? * SAT *)",
                "lifecycle": {"deleteAfter": 90},
                "copyActions": [
                    {"destinationVaultArn": away.state["arn"], "lifecycle": {"deleteAfter": 30}}
                ],
            }
        ],
    )
    make(
        "selection",
        "aws:backup/selection:Selection",
        name="volumes",
        planId=plan.id,
        iamRoleArn=role.state["arn"],
        resources=["arn:aws:ec2:*:*:volume/*"],
        conditions=[{"stringEquals": [{"key": "aws:ResourceTag/BackedUpBy", "value": prefix}]}],
    )
    make(
        "replication",
        "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication",
        sourceDbInstanceArn=instance.state["arn"],
        kmsKeyId=recovery_key.state["arn"],
        retentionPeriod=30,
        region=RECOVERY,
    )
    rule = make(
        "event-rule",
        "aws:cloudwatch/eventRule:EventRule",
        name=f"{prefix}-failed",
        description="what failed",
        eventPattern=FAILED,
        state="ENABLED",
    )
    make(
        "schedule",
        "aws:cloudwatch/eventRule:EventRule",
        name=f"{prefix}-hourly",
        scheduleExpression="rate(1 hour)",
    )
    make(
        "event-target",
        "aws:cloudwatch/eventTarget:EventTarget",
        rule=rule.id,
        targetId="topic",
        arn=topic.id,
        inputTransformer={
            "inputPaths": {"state": "$.detail.state"},
            "inputTemplate": '"A backup is <state>"',
        },
    )
