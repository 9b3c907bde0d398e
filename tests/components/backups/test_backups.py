"""Backups: schedule and retention as documented, copies in the recovery region, locked vaults."""

from __future__ import annotations

import json
from fnmatch import fnmatchcase
from typing import Any

import pytest

from acceptance.backup_preflight import BACKUP_TAG
from components.backups.iam_policies import volume_tags
from components.backups.plans import daily_cron, weekly_cron
from components.scope import StackScope
from config.settings.backups import WeeklySnapshot
from config.sizing.windows import TimeOfDay
from tests.components.recording import ROOT, Run, run_program, stack_config

VAULT = "aws:backup/vault:Vault"
LOCK = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
PLAN = "aws:backup/plan:Plan"
SELECTION = "aws:backup/selection:Selection"
REPLICATION = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
INSTANCE = "aws:rds/instance:Instance"
HOME, RECOVERY = "us-east-1", "us-west-2"
RECOVERY_VAULT = f"arn:aws:backup:{RECOVERY}:123456789012:backup-vault:backups-recovery-vault"
ENVIRONMENTS = ("production", "staging")


@pytest.fixture(scope="module", params=ENVIRONMENTS)
def environment(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def main(environment: str) -> Run:
    return run_program(ROOT, environment)


def changed(**backups: Any) -> Run:
    config = stack_config(ROOT, "production")
    config["nexusflow:backups"] |= backups
    return run_program(ROOT, "production", config)


def rule(main: Run, plan: str) -> dict[str, Any]:
    (only,) = main.one(PLAN, f"backups-{plan}").inputs["rules"]
    assert isinstance(only, dict)
    return only


def statements(main: Run) -> list[dict[str, Any]]:
    """What the backup role may do."""
    found: list[dict[str, Any]] = json.loads(
        main.one("aws:iam/rolePolicy:RolePolicy", "backups").inputs["policy"]
    )["Statement"]
    return found


def test_the_schedule_is_the_documented_one(main: Run) -> None:
    instance = main.one(INSTANCE, "postgres").inputs
    assert instance["backupRetentionPeriod"] == 7  # automated, and point-in-time recovery
    weekly = rule(main, "weekly")
    assert weekly["schedule"] == "cron(0 6 ? * SAT *)"
    assert weekly["lifecycle"] == {"deleteAfter": 90}
    assert main.one(REPLICATION).inputs["retentionPeriod"] == 30
    daily = rule(main, "daily")
    assert daily["schedule"] == "cron(0 8 * * ? *)"
    assert [copy["lifecycle"] for copy in daily["copyActions"]] == [{"deleteAfter": 30}]


def test_no_plan_takes_over_the_instances_own_retention(main: Run) -> None:
    for plan in main.all(PLAN):
        for each in plan.inputs["rules"]:
            assert not each.get("enableContinuousBackup")
    actions = {action for statement in statements(main) for action in statement["Action"]}
    assert "rds:ModifyDBInstance" not in actions


def test_the_weekly_snapshot_is_of_the_primary_and_of_no_replica(main: Run) -> None:
    selection = main.one(SELECTION, "backups-weekly-postgres").inputs
    identifier = main.one(INSTANCE, "postgres").inputs["identifier"]
    assert selection["resources"] == [f"arn:aws:rds:us-east-1:123456789012:db:{identifier}"]
    assert "conditions" not in selection


def test_volumes_are_backed_up_by_a_tag_of_their_environment(main: Run, environment: str) -> None:
    for plan in ("weekly", "daily"):
        selection = main.one(SELECTION, f"backups-{plan}-volumes").inputs
        assert selection["resources"] == ["arn:aws:ec2:*:*:volume/*"]
        (condition,) = selection["conditions"]
        assert condition == {
            "stringEquals": [
                {"key": "aws:ResourceTag/BackedUpBy", "value": f"nexusflow-{environment}"}
            ]
        }


def test_the_backup_preflight_uses_the_same_volume_tag() -> None:
    scope = StackScope("nexusflow-test", "123456789012", HOME)
    assert volume_tags(scope) == {BACKUP_TAG: "nexusflow-test"}


def test_copies_are_in_the_recovery_region_and_encrypted_with_its_key(main: Run) -> None:
    key = main.one("aws:kms/key:Key", "backups-recovery").inputs
    vault = main.one(VAULT, "backups-recovery-vault").inputs
    replication = main.one(REPLICATION).inputs
    assert {key["region"], vault["region"], replication["region"]} == {RECOVERY}
    assert vault["kmsKeyArn"] == replication["kmsKeyId"] == "arn:aws:kms:::key/backups-recovery"
    (copy,) = rule(main, "daily")["copyActions"]
    assert copy["destinationVaultArn"] == RECOVERY_VAULT


def test_replacing_the_instance_replaces_its_backup_replication(main: Run) -> None:
    request = main.one(REPLICATION).request
    assert [urn.rpartition("::")[2] for urn in request.replace_with] == ["postgres"]


def test_every_vault_is_encrypted_locked_and_denies_deletion(main: Run) -> None:
    vaults = main.all(VAULT)
    assert {vault.inputs["region"] for vault in vaults} == {HOME, RECOVERY}
    for vault in vaults:
        assert vault.inputs["kmsKeyArn"].startswith("arn:aws:kms:")
        lock = main.one(LOCK, vault.name).inputs
        assert (lock["minRetentionDays"], lock["maxRetentionDays"]) == (30, 365)
        assert "changeableForDays" not in lock  # with it AWS makes the lock compliance
        assert lock["region"] == vault.inputs["region"]
        policy = main.one("aws:backup/vaultPolicy:VaultPolicy", vault.name).inputs
        denied = {
            action
            for statement in json.loads(policy["policy"])["Statement"]
            if statement["Effect"] == "Deny" and "Condition" not in statement
            for action in statement["Action"]
        }
        assert denied == {"backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"}


def test_every_retention_of_the_plans_is_within_the_vault_locks(main: Run) -> None:
    lock = main.one(LOCK, "backups-vault").inputs
    for plan in main.all(PLAN):
        for each in plan.inputs["rules"]:
            for part in (each, *each.get("copyActions", ())):
                days = part["lifecycle"]["deleteAfter"]
                assert lock["minRetentionDays"] <= days <= lock["maxRetentionDays"]


def test_vaults_are_protected_or_emptied_as_the_stack_file_says(
    main: Run, environment: str
) -> None:
    for vault in main.all(VAULT):
        assert vault.protected is (environment == "production")
        assert vault.inputs["forceDestroy"] is (environment == "staging")


def test_single_configurations_of_a_vault_are_deleted_before_they_are_replaced(main: Run) -> None:
    notifications = main.all("aws:backup/vaultNotifications:VaultNotifications")
    singles = [*main.all(LOCK), *notifications, main.one(REPLICATION)]
    assert len(singles) == 4
    assert all(one.request.deleteBeforeReplace for one in singles)


def test_vault_lock_is_in_compliance_mode_only_if_configured() -> None:
    lock = {"mode": "compliance", "reason": "a regulator asks for it", "changeable_for_days": 30}
    for one in changed(lock=lock).all(LOCK):
        assert one.inputs["changeableForDays"] == 30
        assert one.inputs["minRetentionDays"] == 30


def test_failed_backup_jobs_are_published_to_the_topic(main: Run) -> None:
    told = main.one("aws:backup/vaultNotifications:VaultNotifications").inputs
    assert told["snsTopicArn"] == "arn:aws:sns:::alarm-topics-warning"
    assert "COPY_JOB_FAILED" in told["backupVaultEvents"]
    pattern = json.loads(main.one("aws:cloudwatch/eventRule:EventRule").inputs["eventPattern"])
    assert pattern["source"] == ["aws.backup"]
    assert set(pattern["detail"]["state"]) == {"ABORTED", "EXPIRED", "FAILED", "PARTIAL"}
    vault = f"arn:aws:backup:{HOME}:123456789012:backup-vault:backups-vault"
    assert pattern["detail"]["backupVaultArn"] == [vault]
    target = main.one("aws:cloudwatch/eventTarget:EventTarget").inputs
    assert target["arn"] == "arn:aws:sns:::alarm-topics-warning"
    paths = target["inputTransformer"]["inputPaths"]
    assert all(f"<{name}>" in target["inputTransformer"]["inputTemplate"] for name in paths)


def test_the_backup_role_reaches_no_other_instance_and_no_other_volume(
    main: Run, environment: str
) -> None:
    identifier = f"nexusflow-{environment}"
    for statement in statements(main):
        actions, resources = statement["Action"], statement["Resource"]
        assert not [action for action in actions if "*" in action]
        if resources == ["*"]:
            reads = ("*:Describe*", "*:List*", "tag:GetResources")
            assert all(any(fnmatchcase(each, read) for read in reads) for each in actions)
        databases = [resource for resource in resources if ":db:" in resource]
        assert all(resource.endswith(f":db:{identifier}") for resource in databases)
        if "arn:aws:ec2:*:*:volume/*" in resources:
            tag = {"aws:ResourceTag/BackedUpBy": identifier}
            assert statement["Condition"] == {"StringEquals": tag}


def test_the_backup_role_may_use_the_keys_of_the_stores_and_of_both_vaults(main: Run) -> None:
    used = {
        resource.rpartition("/")[2]
        for statement in statements(main)
        if "kms:Decrypt" in statement["Action"]
        for resource in statement["Resource"]
    }
    assert used >= {"keys-postgres", "keys-backups", "backups-recovery"}
    assert "keys-secrets" not in used


def test_the_stack_outputs_name_the_vaults_and_plans(main: Run, environment: str) -> None:
    assert main.outputs["backups"] == {
        "role_arn": "arn:aws:iam:::role/backups",
        "vaults": {
            "primary": {
                "name": f"nexusflow-{environment}",
                "arn": f"arn:aws:backup:{HOME}:123456789012:backup-vault:backups-vault",
                "region": HOME,
            },
            "recovery": {
                "name": f"nexusflow-{environment}",
                "arn": RECOVERY_VAULT,
                "region": RECOVERY,
            },
        },
        "plan_ids": {"weekly": "backups-weekly-id", "daily": "backups-daily-id"},
        "replication_arn": "backups-id",
    }


def test_times_are_rendered_as_aws_cron_expressions() -> None:
    weekly = WeeklySnapshot(
        day="sun",
        start=TimeOfDay.parse("23:05"),
        start_within_minutes=60,
        complete_within_minutes=180,
        keep_days=90,
    )
    assert weekly_cron(weekly) == "cron(5 23 ? * SUN *)"
    assert daily_cron(weekly) == "cron(5 23 * * ? *)"
