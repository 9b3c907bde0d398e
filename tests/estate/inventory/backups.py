"""Vaults, plans, replicated backups and rules that exist, in the region and in the recovery one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import boto3

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
