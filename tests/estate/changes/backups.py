"""Changes by plain boto3 of vaults, plans and the rules of EventBridge."""

from __future__ import annotations

import copy
from typing import Any

import boto3

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, another_statement


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


BY_TOKEN: dict[str, dict[str, Change]] = {
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
