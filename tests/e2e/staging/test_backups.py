"""Staging's backups on the real engine: proved beforehand, taken down, brought up again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import boto3
import pytest

from acceptance.backup_preflight import Preflight
from config import load
from config.settings.stack import Settings
from engine import checkpoint
from tests.e2e.checkout import Checkout

ENV, PREFIX = "staging", "nexusflow-staging"
HOME, RECOVERY = "us-east-1", "us-west-2"


def client(service: str, region: str = HOME) -> Any:
    return boto3.client(service, region_name=region)


def outputs(checkout: Checkout) -> Mapping[str, Any]:
    return checkpoint.outputs(checkpoint.deployment(checkout.paths(ENV), "nexusflow"))


def problems(checkout: Checkout) -> dict[str, str]:
    settings = load.read(checkout.root / f"Pulumi.{ENV}.yaml")
    assert isinstance(settings, Settings)
    prerequisites = Preflight(outputs(checkout), settings, client).prerequisites()
    return {each.description: each.problem for each in prerequisites if not each.is_met}


def test_the_preflight_passes_in_a_fresh_environment(staging: Checkout) -> None:
    told = staging.run("backups", "preflight", "--env", ENV, "--sandbox", "--json")
    assert told.code == 0, told.stdout + told.stderr
    assert told.document["result"] == "passed"
    checked = {each["description"] for each in told.document["prerequisites"]}
    assert len(checked) >= 11  # seven of their own, two vaults, the keys of instance and copies
    assert any(f"arn:aws:kms:{RECOVERY}:" in what for what in checked)


def key_of(vault: str, region: str) -> str:
    described = client("backup", region).describe_backup_vault(BackupVaultName=vault)
    return str(described["EncryptionKeyArn"])


def key_state(arn: str) -> str:
    return str(client("kms").describe_key(KeyId=arn)["KeyMetadata"]["KeyState"])


def without_keys() -> None:
    iam, named = client("iam"), {"RoleName": f"{PREFIX}-backup", "PolicyName": "back-up"}
    document = iam.get_role_policy(**named)["PolicyDocument"]
    kept = [each for each in document["Statement"] if "UsesKeys" not in each["Sid"]]
    iam.put_role_policy(**named, PolicyDocument=json.dumps({**document, "Statement": kept}))


def open_vault() -> None:
    client("backup").put_backup_vault_access_policy(
        BackupVaultName=PREFIX,
        Policy=json.dumps({"Version": "2012-10-17", "Statement": []}),
    )


def mute_topic() -> None:
    sns = client("sns")
    (topic,) = (
        each["TopicArn"]
        for each in sns.list_topics()["Topics"]
        if each["TopicArn"].endswith(f"{PREFIX}-warning")
    )
    policy = json.loads(sns.get_topic_attributes(TopicArn=topic)["Attributes"]["Policy"])
    kept = [each for each in policy["Statement"] if each["Sid"] != "EventsPublishes"]
    sns.set_topic_attributes(
        TopicArn=topic,
        AttributeName="Policy",
        AttributeValue=json.dumps({**policy, "Statement": kept}),
    )


def shortened() -> None:
    client("rds").modify_db_instance(
        DBInstanceIdentifier=PREFIX, BackupRetentionPeriod=1, ApplyImmediately=True
    )


def replicated_no_more() -> None:
    source = client("rds").describe_db_instances(DBInstanceIdentifier=PREFIX)["DBInstances"][0]
    client("rds", RECOVERY).stop_db_instance_automated_backups_replication(
        SourceDBInstanceArn=source["DBInstanceArn"]
    )


BROKEN: dict[str, tuple[Callable[[], object], str, str]] = {
    "a disabled key": (
        lambda: client("kms", RECOVERY).disable_key(KeyId=key_of(PREFIX, RECOVERY)),
        f"arn:aws:kms:{RECOVERY}:",
        "it is Disabled",
    ),
    "a role without keys": (
        without_keys,
        f"arn:aws:kms:{HOME}:",
        "the role's policies don't allow kms:Decrypt",
    ),
    "a vault without its policy": (open_vault, "primary vault", "doesn't deny"),
    "a vault without its lock": (
        lambda: client("backup", RECOVERY).delete_backup_vault_lock_configuration(
            BackupVaultName=PREFIX
        ),
        "recovery vault",
        "it is not locked",
    ),
    "a topic that EventBridge can't reach": (mute_topic, "reach the topic", "events.amazonaws.com"),
    "automated backups of a day": (shortened, "automated backups", "1 days, not 7"),
    "a replication that was stopped": (
        replicated_no_more,
        "replicated into the recovery region",
        "status is retained",
    ),
    "a service that is switched off": (
        lambda: client("backup").update_region_settings(ResourceTypeOptInPreference={"EBS": False}),
        "enabled for",
        "EBS is disabled",
    ),
    "a role that trusts others": (
        lambda: client("iam").update_assume_role_policy(
            RoleName=f"{PREFIX}-backup",
            PolicyDocument=json.dumps(
                {
                    "Version": "2012-10-17",
                    "Statement": [
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "ec2.amazonaws.com"},
                            "Action": "sts:AssumeRole",
                        }
                    ],
                }
            ),
        ),
        "assumed by AWS Backup",
        "doesn't trust backup.amazonaws.com",
    ),
}


@pytest.mark.parametrize("case", BROKEN)
def test_what_would_prevent_a_backup_is_reported(staging: Checkout, case: str) -> None:
    change, what, why = BROKEN[case]
    change()
    found = problems(staging)
    assert [told for about, told in found.items() if what in about and why in told], found


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_backups.py::test_the_preflight_passes_in_a_fresh_environment"
)
def test_up_takes_it_all_back(staging: Checkout) -> None:
    client("backup").update_region_settings(ResourceTypeOptInPreference={"EBS": True})
    staging.up(ENV)
    assert problems(staging) == {}
    told = staging.run("backups", "preflight", "--env", ENV, "--sandbox")
    assert told.code == 0
    assert all(line.startswith("ok ") for line in told.stdout.splitlines())


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_backups.py::test_the_preflight_passes_in_a_fresh_environment"
)
def test_another_schedule_than_the_documented_one_turns_its_check_red(staging: Checkout) -> None:
    file = f"Pulumi.{ENV}.yaml"
    changes = {
        "weekly_snapshot": {"keep_days": 60},
        "cross_region_copy": {"keep_days": 35},
        "lock": {"min_keep_days": 20},
    }
    before = staging.edit(
        file, **{f"config/nexusflow:backups/{key}": value for key, value in changes.items()}
    )
    sabotaged = staging.sandbox("up", env=ENV)
    assert sabotaged.code != 0
    red = {check["name"] for check in sabotaged.document["checks"] if not check["passed"]}
    assert red == {"backups: weekly snapshot", "backups: cross-region copy"}
    # a lock that was replaced is there, with what is new in it
    for region in (HOME, RECOVERY):
        vault = client("backup", region).describe_backup_vault(BackupVaultName=PREFIX)
        assert (vault["Locked"], vault["MinRetentionDays"]) == (True, 20)
    (staging.root / file).write_text(before)
    staging.up(ENV)


@pytest.mark.exhaustive(
    example="tests/e2e/staging/test_backups.py::test_the_preflight_passes_in_a_fresh_environment"
)
def test_a_destroyed_staging_comes_up_again_though_its_vaults_were_not_empty(
    staging: Checkout,
) -> None:
    found = outputs(staging)["backups"]
    for vault in found["vaults"].values():
        job = client("backup", vault["region"]).start_backup_job(
            BackupVaultName=vault["name"],
            ResourceArn=f"arn:aws:ec2:{vault['region']}:123456789012:volume/vol-0a",
            IamRoleArn=found["role_arn"],
            Lifecycle={"DeleteAfterDays": 90},
        )
        described = client("backup", vault["region"]).describe_backup_job(
            BackupJobId=job["BackupJobId"]
        )
        assert described["State"] == "COMPLETED"
    assert staging.sandbox("refresh", env=ENV).changed == {}  # backups are no drift
    destroyed = staging.destroy(ENV)
    assert destroyed.document["result"] == "succeeded", destroyed.stderr
    for region in (HOME, RECOVERY):
        assert client("backup", region).list_backup_vaults()["BackupVaultList"] == []
    snapshots = client("rds").describe_db_snapshots()["DBSnapshots"]
    assert snapshots
    assert {key_state(snapshot["KmsKeyId"]) for snapshot in snapshots} == {"Enabled"}
    staging.up(ENV)
    assert staging.sandbox("refresh", env=ENV).changed == {}
