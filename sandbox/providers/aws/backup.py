"""Vaults of AWS Backup: the vault, its policy, its lock and its notifications."""

from __future__ import annotations

from sandbox.providers.aws.resource import PROVIDER, TAGS, AwsResourceType, tag_changes
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

ABSENT = frozenset({"ResourceNotFoundException"})
# Two sources for what holds data: createOnly in the registry schema, and ForceNew in the provider's
# schema (hashicorp/terraform-provider-aws, internal/service/backup/vault.go).
BOTH = "createOnly in the registry schema and ForceNew in terraform-provider-aws"
WHOLE = "ForceNew in terraform-provider-aws, which knows no update of it"
VAULT_ARN = Property("BackupVaultArn", output=True)


class _OfVault(AwsResourceType):
    """What a vault has one of: its id is the vault's name.

    The real provider knows of no name here and makes a replacement before its predecessor goes,
    which then takes off the new one: the program has to say otherwise.
    """

    service = "backup"
    absent = ABSENT


class Vault(AwsResourceType):
    token = "aws:backup/vault:Vault"
    cfn = "AWS::Backup::BackupVault"
    service = "backup"
    absent = ABSENT
    named_by, autonames = "name", True
    properties = {
        "name": Property("BackupVaultName", bound=True, replaces=BOTH),
        "kmsKeyArn": Property("EncryptionKeyArn", computed=True, bound=True, replaces=BOTH),
        "forceDestroy": Property(default=False),
        "tags": TAGS,
        "arn": VAULT_ARN,
        "recoveryPoints": Property("NumberOfRecoveryPoints", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("backup").create_backup_vault(
            **self.arguments(inputs), BackupVaultTags=inputs["tags"]
        )
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("backup").describe_backup_vault(BackupVaultName=resource_id)
        return {**self.bound_values(found), "tags": tags_of(aws, found["BackupVaultArn"])}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        backup = aws.client("backup")
        with self.existing():
            if state.get("forceDestroy"):
                pages = backup.get_paginator("list_recovery_points_by_backup_vault")
                for page in pages.paginate(BackupVaultName=resource_id):
                    for point in page["RecoveryPoints"]:
                        backup.delete_recovery_point(
                            BackupVaultName=resource_id, RecoveryPointArn=point["RecoveryPointArn"]
                        )
            backup.delete_backup_vault(BackupVaultName=resource_id)


class VaultPolicy(_OfVault):
    token = "aws:backup/vaultPolicy:VaultPolicy"
    documents = frozenset({"policy"})
    properties = {
        "backupVaultName": Property(
            "BackupVaultName", required=True, bound=True, replaces=PROVIDER
        ),
        "policy": Property("Policy", required=True, bound=True),
        "backupVaultArn": VAULT_ARN,
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("backup").put_backup_vault_access_policy(**self.arguments(inputs))
        return Created(inputs["backupVaultName"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("backup").get_backup_vault_access_policy(BackupVaultName=resource_id)
        return self.bound_values(found)

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            aws.client("backup").put_backup_vault_access_policy(**self.arguments(inputs))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("backup").delete_backup_vault_access_policy(BackupVaultName=resource_id)


class VaultLockConfiguration(_OfVault):
    """`changeableForDays` is never read: the API tells only the date that follows from it."""

    token = "aws:backup/vaultLockConfiguration:VaultLockConfiguration"
    properties = {
        "backupVaultName": Property("BackupVaultName", required=True, bound=True, replaces=WHOLE),
        "minRetentionDays": Property("MinRetentionDays", bound=True, replaces=WHOLE),
        "maxRetentionDays": Property("MaxRetentionDays", bound=True, replaces=WHOLE),
        "changeableForDays": Property("ChangeableForDays", replaces=WHOLE),
        "backupVaultArn": VAULT_ARN,
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("backup").put_backup_vault_lock_configuration(**self.arguments(inputs))
        return Created(inputs["backupVaultName"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("backup").describe_backup_vault(BackupVaultName=resource_id)
        if not found.get("Locked"):
            return None
        limits = {name: found.get(self.properties[name].api or "") for name in _LIMITS}
        return {**self.bound_values(found), **limits}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("backup").delete_backup_vault_lock_configuration(BackupVaultName=resource_id)


_LIMITS = ("minRetentionDays", "maxRetentionDays")


class VaultNotifications(_OfVault):
    token = "aws:backup/vaultNotifications:VaultNotifications"
    properties = {
        "backupVaultName": Property("BackupVaultName", required=True, bound=True, replaces=WHOLE),
        "snsTopicArn": Property("SNSTopicArn", required=True, bound=True, replaces=WHOLE),
        "backupVaultEvents": Property(
            "BackupVaultEvents", required=True, bound=True, replaces=WHOLE, unordered=True
        ),
        "backupVaultArn": VAULT_ARN,
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("backup").put_backup_vault_notifications(**self.arguments(inputs))
        return Created(inputs["backupVaultName"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("backup").get_backup_vault_notifications(BackupVaultName=resource_id)
        return {**self.bound_values(found), "backupVaultEvents": sorted(found["BackupVaultEvents"])}

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("backup").delete_backup_vault_notifications(BackupVaultName=resource_id)


def tags_of(aws: Aws, arn: str) -> dict[str, str]:
    return dict(aws.client("backup").list_tags(ResourceArn=arn)["Tags"])


def update_tags(aws: Aws, arn: str, state: Properties, inputs: Properties) -> None:
    wanted, unwanted = tag_changes(state, inputs)
    backup = aws.client("backup")
    if unwanted:
        backup.untag_resource(ResourceArn=arn, TagKeyList=unwanted)
    if wanted:
        backup.tag_resource(ResourceArn=arn, Tags=wanted)


RESOURCE_TYPES = (Vault(), VaultPolicy(), VaultLockConfiguration(), VaultNotifications())
