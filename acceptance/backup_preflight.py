"""Checks with read-only calls that the first backup will find what it needs.

A job without access to a key can end as "successful" with nothing backed up, and a notification
that nobody may publish is lost without a word: so keys, policies, roles and locks are read
beforehand. Works on an account as in the sandbox.
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
"""Service and region -> a client of boto3."""

BACKUP, EVENTBRIDGE = "backup.amazonaws.com", "events.amazonaws.com"
SERVICES = ("RDS", "EBS")
TAG = "BackedUpBy"
"""The tag of volumes that are backed up."""
FOR_KEYS = ("kms:CreateGrant", "kms:Decrypt", "kms:DescribeKey", "kms:GenerateDataKey")
ON_EVERYTHING = (
    *("tag:GetResources", "rds:DescribeDBInstances", "rds:DescribeDBSnapshots"),
    *("ec2:DescribeVolumes", "ec2:DescribeSnapshots"),
)
ON_VOLUMES = ("ec2:CreateSnapshot",)
ON_SNAPSHOTS_OF_VOLUMES = (
    *("ec2:CopySnapshot", "ec2:CreateSnapshot", "ec2:CreateTags", "ec2:DeleteSnapshot"),
)


@dataclass(frozen=True)
class Proof:
    """Something that a backup needs, and the reason if it is missing."""

    what: str
    wrong: str = ""

    @property
    def holds(self) -> bool:
        return not self.wrong


class Preflight:
    def __init__(self, outputs: Mapping[str, Any], settings: Settings, clients: Clients) -> None:
        # each client costs 50 to 300 ms
        self._outputs, self._settings, self._clients = outputs, settings, cache(clients)
        self._backups = outputs["backups"]
        self._paths, self._recovery = settings.aws.region, settings.recovery_region

    def proofs(self) -> list[Proof]:
        """Everything that was checked; what can't be read counts as missing."""
        checks: dict[str, Callable[[], Iterable[str]]] = {
            "the instance makes its automated backups": self._instance,
            "they are replicated into the recovery region": self._replication,
            "AWS Backup is switched on for what it backs up": self._services,
            "the backup role can be assumed by AWS Backup": self._trust,
            "the backup role may do its work": self._role,
            "the plans keep what is documented, in the vault": self._plans,
            "failures reach the topic": self._topic,
        }
        for key, vault in self._backups["vaults"].items():
            checks[f"the {key} vault is locked and encrypted"] = _bound(self._vault, vault)
        for arn in self._keys():
            checks[f"the key {arn} is usable"] = _bound(self._key, arn)
        return [Proof(what, _tried(check)) for what, check in checks.items()]

    def _aws(self, service: str, region: str | None = None) -> Any:
        return self._clients(service, region or self._paths)

    def _described(self) -> Mapping[str, Any]:
        identifier = self._outputs["postgres"]["identifier"]
        answer = self._aws("rds").describe_db_instances(DBInstanceIdentifier=identifier)
        found: Mapping[str, Any] = answer["DBInstances"][0]
        return found

    def _replicated(self) -> Mapping[str, Any]:
        answer = self._aws("rds", self._recovery).describe_db_instance_automated_backups(
            DBInstanceAutomatedBackupsArn=self._backups["replication_arn"]
        )
        found: Mapping[str, Any] = answer["DBInstanceAutomatedBackups"][0]
        return found

    def _instance(self) -> Iterator[str]:
        instance, days = self._described(), self._settings.postgres.backup_retention_days
        if instance["BackupRetentionPeriod"] != days:
            yield f"it keeps them {instance['BackupRetentionPeriod']} days, not {days}"
        if not instance["StorageEncrypted"]:
            yield "it is not encrypted"

    def _replication(self) -> Iterator[str]:
        replicated, days = self._replicated(), self._settings.backups.cross_region_copy.keep_days
        if replicated["Status"].lower() != "replicating":
            yield f"the replication is {replicated['Status']}"
        if replicated["DbiResourceId"] != self._described()["DbiResourceId"]:
            yield "it is of an instance that was replaced: run `pulumi up`"
        if replicated["BackupRetentionPeriod"] != days:
            yield f"it keeps them {replicated['BackupRetentionPeriod']} days, not {days}"

    def _services(self) -> Iterator[str]:
        settings = self._aws("backup").describe_region_settings()["ResourceTypeOptInPreference"]
        for service in SERVICES:
            if not settings.get(service):
                yield f"{service} is switched off for the account in {self._paths}"

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
            yield f"its lock admits {limits[0]} to {limits[1]} days"
        policy = [backup.get_backup_vault_access_policy(BackupVaultName=name)["Policy"]]
        for action in ("backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"):
            if not iam_policies.denies(policy, action, "*"):
                yield f"its policy doesn't deny {action}"
        for action in ("backup:CopyIntoBackupVault", "backup:StartBackupJob"):
            if iam_policies.denies(policy, action, "*"):
                yield f"its policy denies {action}, so no backup can come in"

    def _keys(self) -> list[str]:
        """The KMS keys of instance, volumes, copies and vaults, as far as they can be read."""
        found: set[str] = set()
        for read in (
            lambda: [self._described()["KmsKeyId"]],
            lambda: [self._replicated()["KmsKeyId"]],
            self._keys_of_volumes,
            *(_bound(self._key_of, vault) for vault in self._backups["vaults"].values()),
        ):
            # another check covers the resource itself and reports why it can't be read
            with suppress(ClientError, LookupError):
                found.update(read())
        return sorted(found)

    def _keys_of_volumes(self) -> list[str]:
        tag = {"Name": f"tag:{TAG}", "Values": [self._settings.prefix]}
        pages = self._aws("ec2").get_paginator("describe_volumes").paginate(Filters=[tag])
        return [
            volume["KmsKeyId"]
            for page in pages
            for volume in page["Volumes"]
            if volume["Encrypted"]
        ]

    def _key_of(self, vault: Mapping[str, Any]) -> list[str]:
        backup = self._aws("backup", vault["region"])
        found = backup.describe_backup_vault(BackupVaultName=vault["name"])
        return [found["EncryptionKeyArn"]]

    def _key(self, arn: str) -> Iterator[str]:
        kms = self._aws("kms", arn.split(":")[3])
        metadata = kms.describe_key(KeyId=arn)["KeyMetadata"]
        if metadata["KeyState"] != "Enabled":
            yield f"it is {metadata['KeyState']}"
        if metadata["KeyManager"] != "CUSTOMER":
            yield "it is AWS's own, whose policy can't be changed"
        policy = kms.get_key_policy(KeyId=metadata["KeyId"], PolicyName="default")["Policy"]
        role = self._backups["role_arn"]
        account = f"arn:aws:iam::{self._settings.aws.account_id}:root"
        for action in FOR_KEYS:
            if not iam_policies.allows([policy], action, "*", role, account):
                yield f"its policy lets neither the account nor the role do {action}"
            if not iam_policies.allows(self._role_policies(), action, arn):
                yield f"the role may not do {action} with it"

    def _role_name(self) -> str:
        return str(self._backups["role_arn"]).rpartition("/")[2]

    def _trust(self) -> Iterator[str]:
        role = self._aws("iam").get_role(RoleName=self._role_name())["Role"]
        trust = [role["AssumeRolePolicyDocument"]]
        if not iam_policies.allows(trust, "sts:AssumeRole", "*", BACKUP):
            yield f"{role['RoleName']} trusts others"

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
        policies, place = self._role_policies(), f"{self._paths}:{self._settings.aws.account_id}"
        snapshot = f"arn:aws:rds:{place}:snapshot:awsbackup:job-0"
        needed = [
            *((action, "*") for action in ON_EVERYTHING),
            ("rds:CreateDBSnapshot", self._described()["DBInstanceArn"]),
            *((f"rds:{action}", snapshot) for action in ("AddTagsToResource", "DeleteDBSnapshot")),
            *((action, f"arn:aws:ec2:{place}:volume/vol-0") for action in ON_VOLUMES),
            *((each, "arn:aws:ec2:*::snapshot/snap-0") for each in ON_SNAPSHOTS_OF_VOLUMES),
            ("backup:CopyIntoBackupVault", self._backups["vaults"]["recovery"]["arn"]),
        ]
        for action, resource in needed:
            if not iam_policies.allows(policies, action, resource):
                yield f"it may not do {action} on {resource}"

    def _plans(self) -> Iterator[str]:
        backup, settings = self._aws("backup"), self._settings.backups
        kept = {
            "weekly": settings.weekly_snapshot.keep_days,
            "daily": settings.cross_region_copy.keep_days,
        }
        for key, plan_id in self._backups["plan_ids"].items():
            for rule in backup.get_backup_plan(BackupPlanId=plan_id)["BackupPlan"]["Rules"]:
                days = rule.get("Lifecycle", {}).get("DeleteAfterDays")
                if days != kept[key]:
                    yield f"the {key} plan keeps {days} days, not {kept[key]}"
                if rule["TargetBackupVaultName"] != self._backups["vaults"]["primary"]["name"]:
                    yield f"the {key} plan fills {rule['TargetBackupVaultName']}"
            selections = backup.list_backup_selections(BackupPlanId=plan_id)["BackupSelectionsList"]
            if not selections:
                yield f"the {key} plan backs up nothing"
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
                yield f"the topic's policy doesn't admit {service}"
            for action in ("kms:Decrypt", "kms:GenerateDataKey"):
                if policy and not iam_policies.allows([policy["Policy"]], action, "*", service):
                    yield f"the topic's key doesn't let {service} do {action}"


def _bound(function: Callable[[Any], Any], argument: Any) -> Callable[[], Any]:
    return lambda: function(argument)


def _tried(check: Callable[[], Iterable[str]]) -> str:
    try:
        return "; ".join(check())
    except (ClientError, BotoCoreError, LookupError) as error:
        return str(error).strip().splitlines()[0] or type(error).__name__
