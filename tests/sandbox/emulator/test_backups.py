"""The emulated AWS Backup and the replication of RDS's backups refuse what AWS refuses."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

HOME, RECOVERY = "us-east-1", "us-west-2"
ROLE = "arn:aws:iam::123456789012:role/backup"
VOLUME = "arn:aws:ec2:us-east-1:123456789012:volume/vol-0a"


@pytest.fixture(scope="module", autouse=True)
def running(emulator: client.Emulator) -> client.Emulator:
    return emulator


@pytest.fixture
def backup() -> Any:
    return boto3.client("backup", region_name=HOME)


@pytest.fixture
def vault(backup: Any, request: pytest.FixtureRequest) -> Iterator[str]:
    name = str(abs(hash(request.node.name)))
    backup.create_backup_vault(BackupVaultName=name)
    yield name
    backup.delete_backup_vault_lock_configuration(BackupVaultName=name)
    for point in points(backup, name):
        backup.delete_recovery_point(BackupVaultName=name, RecoveryPointArn=point)
    backup.delete_backup_vault(BackupVaultName=name)


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region=HOME) as speaking:
        yield speaking


def points(backup: Any, vault: str) -> list[str]:
    pages = backup.get_paginator("list_recovery_points_by_backup_vault")
    return [
        point["RecoveryPointArn"]
        for page in pages.paginate(BackupVaultName=vault)
        for point in page["RecoveryPoints"]
    ]


def back_up(backup: Any, vault: str, days: int) -> dict[str, Any]:
    job = backup.start_backup_job(
        BackupVaultName=vault,
        ResourceArn=VOLUME,
        IamRoleArn=ROLE,
        Lifecycle={"DeleteAfterDays": days},
    )
    described: dict[str, Any] = backup.describe_backup_job(BackupJobId=job["BackupJobId"])
    return described


def lock(backup: Any, vault: str) -> None:
    backup.put_backup_vault_lock_configuration(
        BackupVaultName=vault, MinRetentionDays=30, MaxRetentionDays=365
    )


def test_a_vault_with_backups_can_not_be_deleted(backup: Any, vault: str) -> None:
    assert back_up(backup, vault, 90)["State"] == "COMPLETED"
    with pytest.raises(ClientError, match=r"InvalidRequestException.*recovery points"):
        backup.delete_backup_vault(BackupVaultName=vault)
    assert backup.describe_backup_vault(BackupVaultName=vault)["NumberOfRecoveryPoints"] == 1


def test_a_vault_that_does_not_exist_can_not_be_deleted(backup: Any) -> None:
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.delete_backup_vault(BackupVaultName="nowhere")


def test_a_vault_needs_a_key_of_its_own_region(backup: Any) -> None:
    elsewhere = boto3.client("kms", region_name=RECOVERY).create_key()["KeyMetadata"]["Arn"]
    with pytest.raises(ClientError, match=r"InvalidParameterValueException.*key"):
        backup.create_backup_vault(BackupVaultName="abroad", EncryptionKeyArn=elsewhere)


@pytest.mark.parametrize("days", [7, 366])
def test_a_locked_vault_takes_no_backup_outside_its_limits(
    backup: Any, vault: str, days: int
) -> None:
    lock(backup, vault)
    job = back_up(backup, vault, days)
    assert job["State"] == "FAILED"
    assert f"{days} days" in job["StatusMessage"]
    assert points(backup, vault) == []


def test_a_locked_vault_shortens_nothing_and_deletes_nothing(backup: Any, vault: str) -> None:
    back_up(backup, vault, 90)
    lock(backup, vault)
    (point,) = points(backup, vault)
    named = {"BackupVaultName": vault, "RecoveryPointArn": point}
    with pytest.raises(ClientError, match="shortened"):
        backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 60})
    with pytest.raises(ClientError, match="cannot be deleted"):
        backup.delete_recovery_point(**named)
    longer = backup.update_recovery_point_lifecycle(**named, Lifecycle={"DeleteAfterDays": 120})
    assert longer["Lifecycle"] == {"DeleteAfterDays": 120}


def test_a_vault_that_may_be_emptied_goes_with_its_backups(aws: Engine, backup: Any) -> None:
    made = [
        aws.create("aws:backup/vault:Vault", {"name": "emptied", "forceDestroy": True}),
        aws.create(
            "aws:backup/vaultLockConfiguration:VaultLockConfiguration",
            {"backupVaultName": "emptied", "minRetentionDays": 30, "maxRetentionDays": 365},
        ),
    ]
    back_up(backup, "emptied", 90)
    for live in reversed(made):
        aws.delete(live)
        assert aws.read(live) is None
    again = aws.create("aws:backup/vault:Vault", {"name": "emptied"})
    back_up(backup, "emptied", 90)
    with pytest.raises(ProviderError, match="contains recovery points"):
        aws.delete(again)


def test_a_plan_with_selections_can_not_be_deleted_and_its_name_is_free_afterwards(
    backup: Any, vault: str
) -> None:
    boto3.client("iam", region_name=HOME).create_role(
        RoleName="backup",
        AssumeRolePolicyDocument=json.dumps(
            {"Statement": [{"Principal": {"Service": "backup.amazonaws.com"}}]}
        ),
    )
    plan = {
        "BackupPlanName": "weekly",
        "Rules": [{"RuleName": "weekly", "TargetBackupVaultName": vault}],
    }
    plan_id = backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"]
    selection = {"SelectionName": "all", "IamRoleArn": ROLE, "Resources": [VOLUME]}
    made = backup.create_backup_selection(BackupPlanId=plan_id, BackupSelection=selection)
    with pytest.raises(ClientError, match="selections must be deleted"):
        backup.delete_backup_plan(BackupPlanId=plan_id)
    backup.delete_backup_selection(BackupPlanId=plan_id, SelectionId=made["SelectionId"])
    backup.delete_backup_plan(BackupPlanId=plan_id)
    with pytest.raises(ClientError, match="ResourceNotFoundException"):
        backup.get_backup_plan(BackupPlanId=plan_id)
    assert backup.create_backup_plan(BackupPlan=plan)["BackupPlanId"] != plan_id


def test_a_plan_needs_a_vault_that_exists(backup: Any) -> None:
    rules = [{"RuleName": "weekly", "TargetBackupVaultName": "nowhere"}]
    with pytest.raises(ClientError, match="nowhere does not exist"):
        backup.create_backup_plan(BackupPlan={"BackupPlanName": "lost", "Rules": rules})


@pytest.mark.parametrize(
    ("role", "resources", "told"),
    [
        ("arn:aws:iam::123456789012:role/nobody", [VOLUME], "cannot be assumed by AWS Backup"),
        (ROLE, [], "needs resources or tags"),
    ],
    ids=["no such role", "of nothing"],
)
def test_a_selection_needs_something_to_back_up_and_a_role_that_may(
    backup: Any, vault: str, role: str, resources: list[str], told: str
) -> None:
    rules = [{"RuleName": "weekly", "TargetBackupVaultName": vault}]
    plan = backup.create_backup_plan(BackupPlan={"BackupPlanName": vault, "Rules": rules})
    selection = {"SelectionName": "all", "IamRoleArn": role, "Resources": resources}
    with pytest.raises(ClientError, match=told):
        backup.create_backup_selection(BackupPlanId=plan["BackupPlanId"], BackupSelection=selection)


@pytest.mark.parametrize(
    ("rule", "named"),
    [
        ({"targetVaultName": "v"}, "ruleName"),
        ({"ruleName": "r", "targetVaultName": "v", "lifecyle": {}}, "lifecyle"),
        ({"ruleName": "r", "targetVaultName": "v", "lifecycle": {"endAfter": 1}}, "endAfter"),
        ({"ruleName": "r", "targetVaultName": "v", "completionWindow": 100}, "completionWindow"),
        (
            {
                "ruleName": "r",
                "targetVaultName": "v",
                "lifecycle": {"coldStorageAfter": 30, "deleteAfter": 90},
            },
            "deleteAfter",
        ),
    ],
    ids=["nameless", "misspelt", "misspelt inside", "window too short", "too short in the cold"],
)
def test_a_rule_that_can_not_be_is_refused_before_anything_is_made(
    aws: Engine, rule: dict[str, Any], named: str
) -> None:
    _, failures = aws.check("aws:backup/plan:Plan", {"name": "p", "rules": [rule]})
    assert named in failures["rules"]


def test_notifications_need_a_topic_of_the_same_region(backup: Any, vault: str) -> None:
    away = boto3.client("sns", region_name=RECOVERY).create_topic(Name="away")["TopicArn"]
    with pytest.raises(ClientError, match="does not exist"):
        backup.put_backup_vault_notifications(
            BackupVaultName=vault, SNSTopicArn=away, BackupVaultEvents=["COPY_JOB_FAILED"]
        )


REPLICATION = "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"


@pytest.fixture(scope="module")
def instance(aws: Engine) -> Live:
    key = aws.create("aws:kms/key:Key", {"description": "data"})
    return aws.create(
        "aws:rds/instance:Instance",
        {
            "identifier": "replicated",
            "engine": "postgres",
            "engineVersion": "15",
            "instanceClass": "db.r6g.large",
            "allocatedStorage": 100,
            "storageType": "gp3",
            "storageEncrypted": True,
            "kmsKeyId": key.state["arn"],
            "username": "a_master",
            "password": "correct-horse-battery-staple",
            "backupRetentionPeriod": 7,
            "skipFinalSnapshot": True,
        },
    )


def test_backups_are_replicated_once_into_another_region_and_kept_when_it_ends(
    aws: Engine, instance: Live
) -> None:
    key = aws.create("aws:kms/key:Key", {"description": "copies", "region": RECOVERY})
    source = {"sourceDbInstanceArn": instance.state["arn"], "retentionPeriod": 30}
    wanted = {**source, "region": RECOVERY, "kmsKeyId": key.state["arn"]}
    with pytest.raises(ProviderError, match="another region"):
        aws.create(REPLICATION, {**source, "kmsKeyId": key.state["arn"]})
    with pytest.raises(ProviderError, match="enabled key of us-west-2"):
        aws.create(REPLICATION, {**wanted, "kmsKeyId": instance.state["kmsKeyId"]})
    with pytest.raises(ProviderError, match="1 to 35"):
        aws.create(REPLICATION, {**wanted, "retentionPeriod": 36})
    live = aws.create(REPLICATION, wanted)
    assert aws.drift(live) == set()
    with pytest.raises(ProviderError, match="replicated here already"):
        aws.create(REPLICATION, wanted)
    described = boto3.client("rds", region_name=HOME).describe_db_instances(
        DBInstanceIdentifier="replicated"
    )["DBInstances"][0]
    assert described["DBInstanceAutomatedBackupsReplications"] == [
        {"DBInstanceAutomatedBackupsArn": live.id}
    ]
    aws.delete(live)
    assert aws.read(live) is None
    kept = boto3.client("rds", region_name=RECOVERY).describe_db_instance_automated_backups()
    assert [each["Status"] for each in kept["DBInstanceAutomatedBackups"]] == ["retained"]


def test_a_replication_ends_with_its_instance(aws: Engine, instance: Live) -> None:
    key = aws.create("aws:kms/key:Key", {"description": "copies", "region": RECOVERY})
    live = aws.create(
        REPLICATION,
        {
            "sourceDbInstanceArn": instance.state["arn"],
            "region": RECOVERY,
            "kmsKeyId": key.state["arn"],
        },
    )
    aws.delete(instance)
    assert aws.read(live) is None
