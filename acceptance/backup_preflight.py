"""Preflight of the backups: read-only checks of everything that the first backup depends on.

A backup job without access to a key can end as "successful" with nothing backed up, and a
notification without permission to publish is lost silently. So keys, policies, roles and locks are
checked beforehand, on a real account as well as in the sandbox.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Any

from botocore.exceptions import BotoCoreError, ClientError

from acceptance import iam_policies
from config.settings.stack import Settings

Clients = Callable[[str, str], Any]
"""Service and region -> a boto3 client."""

BACKUP, EVENTBRIDGE = "backup.amazonaws.com", "events.amazonaws.com"
SERVICES = ("RDS", "EBS")
BACKUP_TAG = "BackedUpBy"
"""The tag by which the backup plans select volumes."""
KEY_ACTIONS = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
ACTIONS_ON_ANY_RESOURCE = (
    *("tag:GetResources", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots"),
    *("ec2:DescribeVolumes", "ec2:DescribeSnapshots"),
)
VOLUME_ACTIONS = ("ec2:CreateSnapshot",)
SNAPSHOT_ACTIONS = (
    *("ec2:CopySnapshot", "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:DeleteSnapshot"),
)


@dataclass(frozen=True)
class Prerequisite:
    """Something that a backup needs."""

    description: str
    problem: str = ""
    """Why the prerequisite is not met; empty if it is."""

    @property
    def is_met(self) -> bool:
        return not self.problem


class Preflight:
    """Checks one environment. `outputs` are the main stack's."""

    def __init__(self, outputs: Mapping[str, Any], settings: Settings, clients: Clients) -> None:
        self._outputs, self._settings = outputs, settings
        self._clients = cache(clients)  # creating a client takes 50 to 300 ms
        self._backups = outputs["backups"]
        self._region, self._recovery_region = settings.aws.region, settings.recovery_region

    def prerequisites(self) -> list[Prerequisite]:
        """Every prerequisite with its problem, if any. One that can't be read is not met."""
        checks: dict[str, Callable[[], Iterable[str]]] = {
            "automated backups of the instance are configured": self._automated_backups,
            "automated backups are replicated into the recovery region": self._replication,
            "AWS Backup is enabled for the backed-up services": self._services,
            "the backup role can be assumed by AWS Backup": self._trust,
            "the backup role has the permissions that it needs": self._role,
            "the backup plans have the configured retention and vault": self._plans,
            "failure notifications reach the topic": self._topic,
        }
        for key, vault in self._backups["vaults"].items():
            checks[f"the {key} vault is locked and protected by its policy"] = _bound(
                self._vault, vault
            )
        for arn in self._keys():
            checks[f"the backup role can use the key {arn}"] = _bound(self._key, arn)
        return [Prerequisite(name, _problems(check)) for name, check in checks.items()]

    def _aws(self, service: str, region: str | None = None) -> Any:
        return self._clients(service, region or self._region)

    def _instance(self) -> Mapping[str, Any]:
        identifier = self._outputs["postgres"]["identifier"]
        answer = self._aws("rds").describe_db_instances(DBInstanceIdentifier=identifier)
        found: Mapping[str, Any] = answer["DBInstances"][0]
        return found

    def _replica(self) -> Mapping[str, Any]:
        answer = self._aws("rds", self._recovery_region).describe_db_instance_automated_backups(
            DBInstanceAutomatedBackupsArn=self._backups["replication_arn"]
        )
        found: Mapping[str, Any] = answer["DBInstanceAutomatedBackups"][0]
        return found

    def _automated_backups(self) -> Iterator[str]:
        instance, days = self._instance(), self._settings.postgres.backup_retention_days
        if instance["BackupRetentionPeriod"] != days:
            yield f"their retention is {instance['BackupRetentionPeriod']} days, not {days}"
        if not instance["StorageEncrypted"]:
            yield "the instance is not encrypted"

    def _replication(self) -> Iterator[str]:
        replica, days = self._replica(), self._settings.backups.cross_region_copy.keep_days
        if replica["Status"].lower() != "replicating":
            yield f"the replication's status is {replica['Status']}"
        if replica["DbiResourceId"] != self._instance()["DbiResourceId"]:
            yield "the instance was replaced since the replication began; run: pulumi up"
        if replica["BackupRetentionPeriod"] != days:
            yield f"the retention is {replica['BackupRetentionPeriod']} days, not {days}"

    def _services(self) -> Iterator[str]:
        settings = self._aws("backup").describe_region_settings()["ResourceTypeOptInPreference"]
        for service in SERVICES:
            if not settings.get(service):
                yield f"{service} is disabled in the AWS Backup settings of {self._region}"

    def _vault(self, vault: Mapping[str, Any]) -> Iterator[str]:
        backup, name = self._aws("backup", vault["region"]), vault["name"]
        found = backup.describe_backup_vault(BackupVaultName=name)
        lock = self._settings.backups.lock
        if not found.get("Locked"):
            yield "it is not locked"
        elif (limits := (found.get("MinRetentionDays"), found.get("MaxRetentionDays"))) != (
            lock.min_keep_days,
            lock.max_keep_days,
        ):
            yield f"its lock allows a retention of {limits[0]} to {limits[1]} days"
        policy = [backup.get_backup_vault_access_policy(BackupVaultName=name)["Policy"]]
        for action in ("backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"):
            if not iam_policies.denies(policy, action, "*"):
                yield f"its policy doesn't deny {action}"
        for action in ("backup:CopyIntoBackupVault", "backup:StartBackupJob"):
            if iam_policies.denies(policy, action, "*"):
                yield f"its policy denies {action}, so it can't receive backups"

    def _keys(self) -> list[str]:
        """The readable keys of the instance, its replicated backups, the volumes and the vaults."""
        found: set[str] = set()
        for read in (
            lambda: [self._instance()["KmsKeyId"]],
            lambda: [self._replica()["KmsKeyId"]],
            self._volume_keys,
            *(_bound(self._vault_key, vault) for vault in self._backups["vaults"].values()),
        ):
            # the owner of the key has a check of its own, which reports why it can't be read
            with suppress(ClientError, LookupError):
                found.update(read())
        return sorted(found)

    def _volume_keys(self) -> list[str]:
        tag = {"Name": f"tag:{BACKUP_TAG}", "Values": [self._settings.prefix]}
        pages = self._aws("ec2").get_paginator("describe_volumes").paginate(Filters=[tag])
        return [
            volume["KmsKeyId"]
            for page in pages
            for volume in page["Volumes"]
            if volume["Encrypted"]
        ]

    def _vault_key(self, vault: Mapping[str, Any]) -> list[str]:
        backup = self._aws("backup", vault["region"])
        found = backup.describe_backup_vault(BackupVaultName=vault["name"])
        return [found["EncryptionKeyArn"]]

    def _key(self, arn: str) -> Iterator[str]:
        kms = self._aws("kms", arn.split(":")[3])
        metadata = kms.describe_key(KeyId=arn)["KeyMetadata"]
        if metadata["KeyState"] != "Enabled":
            yield f"it is {metadata['KeyState']}"
        if metadata["KeyManager"] != "CUSTOMER":
            yield "it is an AWS managed key, whose policy can't be changed"
        policy = kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"]
        role = self._backups["role_arn"]
        account = f"arn:aws:iam::{self._settings.aws.account_id}:root"
        for action in KEY_ACTIONS:
            if not iam_policies.allows([policy], action, "*", role, account):
                yield f"its policy allows {action} neither to the account nor to the role"
            if not iam_policies.allows(self._role_policies(), action, arn):
                yield f"the role's policies don't allow {action} on it"

    def _role_name(self) -> str:
        return str(self._backups["role_arn"]).rpartition("/")[2]

    def _trust(self) -> Iterator[str]:
        role = self._aws("iam").get_role(RoleName=self._role_name())["Role"]
        trust = [role["AssumeRolePolicyDocument"]]
        if not iam_policies.allows(trust, "sts:AssumeRole", "*", BACKUP):
            yield f"{role['RoleName']} doesn't trust {BACKUP}"

    def _role_policies(self) -> list[Any]:
        iam, name = self._aws("iam"), self._role_name()
        found = [
            iam.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
            for policy in iam.list_role_policies(RoleName=name)["PolicyNames"]
        ]
        for policy in iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            arn = policy["PolicyArn"]
            version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
            answer = iam.get_policy_version(PolicyArn=arn, VersionId=version)
            found.append(answer["PolicyVersion"]["Document"])
        return found

    def _role(self) -> Iterator[str]:
        policies, scope = self._role_policies(), f"{self._region}:{self._settings.aws.account_id}"
        snapshot = f"arn:aws:rds:{scope}:snapshot:awsbackup:job-0"
        needed = [
            *((action, "*") for action in ACTIONS_ON_ANY_RESOURCE),
            ("rds:CreateDBSnapshot", self._instance()["DBInstanceArn"]),
            *((f"rds:{action}", snapshot) for action in ("AddTagsToResource", "DeleteDBSnapshot")),
            *((action, f"arn:aws:ec2:{scope}:volume/vol-0") for action in VOLUME_ACTIONS),
            *((each, "arn:aws:ec2:*::snapshot/snap-0") for each in SNAPSHOT_ACTIONS),
            ("backup:CopyIntoBackupVault", self._backups["vaults"]["recovery"]["arn"]),
        ]
        for action, resource in needed:
            if not iam_policies.allows(policies, action, resource):
                yield f"its policies don't allow {action} on {resource}"

    def _plans(self) -> Iterator[str]:
        backup, settings = self._aws("backup"), self._settings.backups
        retention_days = {
            "weekly": settings.weekly_snapshot.keep_days,
            "daily": settings.cross_region_copy.keep_days,
        }
        for key, plan_id in self._backups["plan_ids"].items():
            for rule in backup.get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]["Rules"]:
                days = rule.get("Lifecycle", {}).get("DeleteAfterDays")
                if days != retention_days[key]:
                    yield f"the {key} plan's retention is {days} days, not {retention_days[key]}"
                if rule["TargetBackupVaultName"] != self._backups["vaults"]["primary"]["name"]:
                    yield f"the {key} plan targets the vault {rule['TargetBackupVaultName']}"
            selections = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
            if not selections:
                yield f"the {key} plan selects no resources"
            for selection in selections:
                if selection["IamRoleArn"] != self._backups["role_arn"]:
                    yield f"{selection['SelectionName']} of the {key} plan uses another role"

    def _topic(self) -> Iterator[str]:
        topic = self._outputs["alarm_topic_arns"]["warning"]
        found = self._aws("sns").get_topic_attributes(TopicArn=topic)["Attributes"]
        key = found.get("KmsMasterKeyId")
        policy = key and self._aws("kms").get_key_policy(
            KeyId=key.rpartition("/")[2], PolicyName="default"
        )
        for service in (BACKUP, EVENTBRIDGE):
            if not iam_policies.allows([found["Policy"]], "sns:Publish", topic, service):
                yield f"the topic's policy doesn't allow {service} to publish"
            for action in ("kms:Decrypt", "kms:GenerateDataKey"):
                if policy and not iam_policies.allows([policy["Policy"]], action, "*", service):
                    yield f"the policy of the topic's key doesn't allow {action} to {service}"


def _bound(function: Callable[[Any], Any], argument: Any) -> Callable[[], Any]:
    return lambda: function(argument)


def _problems(check: Callable[[], Iterable[str]]) -> str:
    try:
        return "; ".join(check())
    except (ClientError, BotoCoreError, LookupError) as error:
        return str(error).strip().splitlines()[0] or type(error).__name__
