"""Policies of the backup vaults and of the role that AWS Backup assumes. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable

from components.scope import StackScope
from components.security import iam_policies
from components.security.iam_policies import Statement


def volume_tags(scope: StackScope) -> dict[str, str]:
    """The tags of volumes that are backed up."""
    return {"BackedUpBy": scope.prefix}


def volume_tag_condition(scope: StackScope) -> dict[str, str]:
    """`volume_tags` as condition keys of IAM and AWS Backup."""
    return {f"aws:ResourceTag/{tag}": value for tag, value in volume_tags(scope).items()}


def vault_policy(scope: StackScope) -> str:
    """The policy of a vault: denies the deletion of backups before they expire, and copies from or
    to other accounts."""
    return iam_policies.document(
        {
            "Sid": "NobodyDeletesBeforeTime",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["backup:DeleteRecoveryPoint", "backup:UpdateRecoveryPointLifecycle"],
            "Resource": "*",
        },
        {
            "Sid": "OtherAccountsStayOut",
            "Effect": "Deny",
            "Principal": {"AWS": "*"},
            "Action": ["backup:CopyFromBackupVault", "backup:CopyIntoBackupVault"],
            "Resource": "*",
            "Condition": {"StringNotEquals": {"aws:PrincipalAccount": scope.account_id}},
        },
    )


def role_policy(
    scope: StackScope,
    *,
    instance_arn: str,
    vault_arns: Iterable[str],
    key_arns: Iterable[str],
) -> str:
    """The permissions to back up the instance and the tagged volumes into the vaults.

    rds:ModifyDBInstance is left out: with it, a plan with continuous backups would take over the
    retention period of the instance's automated backups.
    """
    snapshots = f"arn:aws:rds:{scope.region}:{scope.account_id}:snapshot:awsbackup:*"
    keys = list(key_arns)
    return iam_policies.document(
        _named("Looks", LOOKS, ["*"]),
        _named("SnapshotsInstance", SNAPSHOTS_INSTANCE, [instance_arn, snapshots]),
        _named("ExpiresSnapshots", EXPIRES_SNAPSHOTS, [snapshots]),
        {
            **_named("SnapshotsVolumes", ["ec2:CreateSnapshot"], ["arn:aws:ec2:*:*:volume/*"]),
            "Condition": {"StringEquals": volume_tag_condition(scope)},
        },
        _named(
            "MakesVolumeSnapshots",
            ["ec2:CreateSnapshot", "ec2:CopySnapshot", "ec2:CreateTags"],
            [SNAPSHOTS],
        ),
        {
            **_named("ExpiresVolumeSnapshots", ["ec2:DeleteSnapshot"], [SNAPSHOTS]),
            # Only snapshots that AWS Backup created: it sets this tag.
            "Condition": {"Null": {"aws:ResourceTag/aws:backup:source-resource": "false"}},
        },
        _named("UsesVaults", USES_VAULTS, list(vault_arns)),
        _named("UsesKeys", USES_KEYS, keys),
        {
            **_named("LendsKeys", ["kms:CreateGrant"], keys),
            "Condition": {"Bool": {"kms:GrantIsForAWSResource": "true"}},
        },
    )


SNAPSHOTS = "arn:aws:ec2:*::snapshot/*"
LOOKS = (
    "tag:GetResources",
    "rds:DescribeDBInstances",
    "rds:DescribeDBSnapshots",
    "rds:ListTagsForResource",
    "ec2:DescribeSnapshots",
    "ec2:DescribeTags",
    "ec2:DescribeVolumes",
)
SNAPSHOTS_INSTANCE = ("rds:CreateDBSnapshot", "rds:AddTagsToResource")
EXPIRES_SNAPSHOTS = ("rds:DeleteDBSnapshot",)
USES_VAULTS = ("backup:CopyIntoBackupVault", "backup:DescribeBackupVault")
USES_KEYS = (
    "kms:DescribeKey",
    "kms:Decrypt",
    "kms:GenerateDataKey",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
)


def _named(sid: str, actions: Iterable[str], resources: Iterable[str]) -> Statement:
    return {"Sid": sid, **iam_policies.allow(list(actions), list(resources))}
