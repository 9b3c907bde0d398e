"""The IAM role of the ClickHouse hosts: install packages, read secrets, write backups, publish
metrics, and accept Session Manager sessions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import iam

from components.clickhouse.user_data import NAMESPACE
from components.scope import StackScope
from components.security import iam_policies

SESSION_MANAGER = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@dataclass(frozen=True)
class ClickhousePermissions:
    """The resources that the role has access to."""

    packages_bucket: pulumi.Input[str]
    """The name of the bucket that mirrors packages."""
    secret_arns: list[pulumi.Input[str]]
    backups_bucket_arn: pulumi.Input[str]
    kms_key_arns: list[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class ClickhouseIamArgs:
    scope: StackScope
    permissions: ClickhousePermissions


class ClickhouseIam(pulumi.ComponentResource):
    """The role with its policies, and its instance profile."""

    arn: pulumi.Output[str]
    """The ARN of the role."""
    profile: pulumi.Output[str]
    """The name of the instance profile. It resolves after the role has its policies, which a host
    needs for its first start."""

    def __init__(
        self, name: str, args: ClickhouseIamArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseIam", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            name,
            name=f"{args.scope.prefix}-clickhouse",
            description="ClickHouse hosts",
            assume_role_policy=iam_policies.assume_role_policy(iam_policies.EC2, args.scope),
            opts=child,
        )
        self.arn = role.arn
        # Administrators connect through Session Manager: hosts have neither SSH keys nor the port.
        session_manager = iam.RolePolicyAttachment(
            name, role=role.name, policy_arn=SESSION_MANAGER, opts=child
        )
        permissions = args.permissions
        role_policy = iam.RolePolicy(
            name,
            name="own",
            role=role.name,
            policy=pulumi.Output.all(
                packages_bucket=permissions.packages_bucket,
                secret_arns=permissions.secret_arns,
                backups_bucket_arn=permissions.backups_bucket_arn,
                kms_key_arns=permissions.kms_key_arns,
            ).apply(_role_policy),
            opts=child,
        )
        profile = iam.InstanceProfile(
            name, name=f"{args.scope.prefix}-clickhouse", role=role.name, opts=child
        )
        self.profile = pulumi.Output.all(profile.name, session_manager.id, role_policy.id).apply(
            lambda values: str(values[0])
        )
        self.register_outputs({"profile": self.profile})


def _role_policy(permissions: dict[str, Any]) -> str:
    """The role's policy. `permissions` has the fields of `ClickhousePermissions`, resolved."""
    packages = f"arn:aws:s3:::{permissions['packages_bucket']}/clickhouse/*"
    backups = permissions["backups_bucket_arn"]
    # DeleteObject: ClickHouse removes a backup's lock file when it is complete.
    object_actions = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
    return iam_policies.document(
        iam_policies.allow(["s3:GetObject"], [packages]),
        iam_policies.allow(["secretsmanager:GetSecretValue"], permissions["secret_arns"]),
        iam_policies.allow(["s3:ListBucket"], [backups]),
        iam_policies.allow(object_actions, [f"{backups}/*"]),
        iam_policies.allow(["kms:Decrypt", "kms:GenerateDataKey"], permissions["kms_key_arns"]),
        iam_policies.allow(["cloudwatch:PutMetricData"], ["*"])
        | {"Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}},
    )
