"""A vault with all that belongs to it, a plan, a replication of backups, EventBridge's rules."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, another_statement
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


def _client(service: str, state: Properties) -> Any:
    return boto3.client(service, region_name=state["region"])


def _tagged(state: Properties) -> None:
    _client("backup", state).tag_resource(ResourceArn=state["arn"], Tags={"Project": BY_HAND})


def _vault_policy(state: Properties) -> None:
    _client("backup", state).put_backup_vault_access_policy(
        BackupVaultName=state["backupVaultName"], Policy=another_statement(state["policy"])
    )


def _shorter(state: Properties) -> None:
    """Somebody keeps the plan's backups a week only."""
    backup = _client("backup", state)
    plan = backup.get_backup_plan(BackupPlanId=state["id"])["BackupPlan"]
    rules = copy.deepcopy(plan["Rules"])
    for rule in rules:
        rule.pop("RuleId", None)
        rule["Lifecycle"]["DeleteAfterDays"] = 7
    backup.update_backup_plan(
        BackupPlanId=state["id"],
        BackupPlan={"BackupPlanName": plan["BackupPlanName"], "Rules": rules},
    )


def _rule(**to: Any) -> Change:
    """A rule is put as a whole: what the call leaves out is gone."""

    def change(state: Properties) -> None:
        events = _client("events", state)
        now = events.describe_rule(Name=state["name"])
        kept = ("Name", "Description", "EventPattern", "ScheduleExpression", "State")
        events.put_rule(**{**{key: now[key] for key in kept if now.get(key)}, **to})

    return change


def _target(**to: Any) -> Change:
    def change(state: Properties) -> None:
        events = _client("events", state)
        (now,) = events.list_targets_by_rule(Rule=state["rule"])["Targets"]
        events.put_targets(Rule=state["rule"], Targets=[{**now, **to}])

    return change


CHANGES: dict[str, dict[str, Change]] = {
    "aws:backup/vault:Vault": {"tags": _tagged},
    "aws:backup/vaultPolicy:VaultPolicy": {"policy": _vault_policy},
    "aws:backup/plan:Plan": {"rules": _shorter, "tags": _tagged},
    "aws:cloudwatch/eventRule:EventRule": {
        "description": _rule(Description=BY_HAND),
        "eventPattern": _rule(EventPattern='{"source": ["aws.backup"]}'),
        "scheduleExpression": _rule(ScheduleExpression="rate(5 days)"),
        "state": lambda state: _client("events", state).disable_rule(Name=state["name"]),
        "tags": lambda state: _client("events", state).tag_resource(
            ResourceARN=state["arn"], Tags=[{"Key": "Project", "Value": BY_HAND}]
        ),
    },
    "aws:cloudwatch/eventTarget:EventTarget": {
        "arn": _target(Arn="arn:aws:sns:us-east-1:123456789012:by-hand"),
        "inputTransformer": _target(InputTransformer={"InputTemplate": '"nothing happened"'}),
    },
}


REGIONS = ("us-east-1", "us-west-2")


def _in_both(service: str, of: Callable[[Any], Iterator[str]]) -> Callable[[], set[str]]:
    return lambda: {
        found for region in REGIONS for found in of(boto3.client(service, region_name=region))
    }


def _vaults(backup: Any) -> Iterator[str]:
    for vault in backup.list_backup_vaults()["BackupVaultList"]:
        yield vault["BackupVaultName"]


def _plans(backup: Any) -> Iterator[str]:
    for plan in backup.list_backup_plans()["BackupPlansList"]:
        yield plan["BackupPlanId"]


def _selections(backup: Any) -> Iterator[str]:
    for plan in _plans(backup):
        for item in backup.list_backup_selections(BackupPlanId=plan)["BackupSelectionsList"]:
            yield item["SelectionId"]


def _replications(rds: Any) -> Iterator[str]:
    for item in rds.describe_db_instance_automated_backups()["DBInstanceAutomatedBackups"]:
        if item["Status"] == "replicating":
            yield item["DBInstanceAutomatedBackupsArn"]


def _rules(events: Any) -> Iterator[str]:
    for rule in events.list_rules()["Rules"]:
        yield rule["Name"]


def _targets(events: Any) -> Iterator[str]:
    for rule in _rules(events):
        for target in events.list_targets_by_rule(Rule=rule)["Targets"]:
            yield f"{rule}-{target['Id']}"


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:backup/vault:Vault": _in_both("backup", _vaults),
    "aws:backup/plan:Plan": _in_both("backup", _plans),
    "aws:backup/selection:Selection": _in_both("backup", _selections),
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": _in_both(
        "rds", _replications
    ),
    "aws:cloudwatch/eventRule:EventRule": _in_both("events", _rules),
    "aws:cloudwatch/eventTarget:EventTarget": _in_both("events", _targets),
}
NOT_LISTED = frozenset(
    {
        "aws:backup/vaultPolicy:VaultPolicy",
        "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
        "aws:backup/vaultNotifications:VaultNotifications",
    }
)
