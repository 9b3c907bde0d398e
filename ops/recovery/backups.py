"""Finds vaults, plans, selections, replicated backups and EventBridge's rules."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from ops.recovery.request import Finder, Inputs, Place


def vault(place: Place, inputs: Inputs) -> Iterator[str]:
    answer = place.aws("backup").describe_backup_vault(BackupVaultName=inputs["name"])
    yield answer["BackupVaultName"]


def of_vault(there: Callable[[Any, str], Any]) -> Finder:
    """What a vault has one of, or none, under the vault's name."""

    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        name = inputs["backupVaultName"]
        if there(place.aws("backup"), name):
            yield name

    return finder


def plan(place: Place, inputs: Inputs) -> Iterator[str]:
    for page in place.aws("backup").get_paginator("list_backup_plans").paginate():
        for item in page["BackupPlansList"]:
            if item["BackupPlanName"] == inputs["name"]:
                yield item["BackupPlanId"]


def selection(place: Place, inputs: Inputs) -> Iterator[str]:
    pages = place.aws("backup").get_paginator("list_backup_selections")
    for page in pages.paginate(BackupPlanId=inputs["planId"]):
        for item in page["BackupSelectionsList"]:
            if item["SelectionName"] == inputs["name"]:
                yield item["SelectionId"]


def replication(place: Place, inputs: Inputs) -> Iterator[str]:
    pages = place.aws("rds").get_paginator("describe_db_instance_automated_backups")
    for page in pages.paginate():
        for item in page["DBInstanceAutomatedBackups"]:
            same = item.get("DBInstanceArn") == inputs["sourceDbInstanceArn"]
            # one that was stopped is kept until it expires
            if same and item["Status"].lower() in ("pending", "replicating"):
                yield item["DBInstanceAutomatedBackupsArn"]


def event_rule(place: Place, inputs: Inputs) -> Iterator[str]:
    yield place.aws("events").describe_rule(Name=inputs["name"])["Name"]


def event_target(place: Place, inputs: Inputs) -> Iterator[str]:
    """EventBridge numbers no targets: the provider's own id is made of rule and target."""
    answer = place.aws("events").list_targets_by_rule(Rule=inputs["rule"])
    for item in answer["Targets"]:
        if item["Id"] == inputs["targetId"]:
            yield f"{inputs['rule']}-{item['Id']}"


FINDERS: Mapping[str, Finder] = {
    "aws:backup/vault:Vault": vault,
    "aws:backup/vaultPolicy:VaultPolicy": of_vault(
        lambda backup, name: backup.get_backup_vault_access_policy(BackupVaultName=name)
    ),
    "aws:backup/vaultLockConfiguration:VaultLockConfiguration": of_vault(
        lambda backup, name: backup.describe_backup_vault(BackupVaultName=name).get("Locked")
    ),
    "aws:backup/vaultNotifications:VaultNotifications": of_vault(
        lambda backup, name: backup.get_backup_vault_notifications(BackupVaultName=name)
    ),
    "aws:backup/plan:Plan": plan,
    "aws:backup/selection:Selection": selection,
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication": replication,
    "aws:cloudwatch/eventRule:EventRule": event_rule,
    "aws:cloudwatch/eventTarget:EventTarget": event_target,
}
