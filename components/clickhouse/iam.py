"""What a ClickHouse host may do: install, read its secrets, write backups, be reached."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.clickhouse.user_data import NAMESPACE
from components.scope import StackScope
from components.security import iam_policies

SESSION_MANAGER = "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"


@dataclass(frozen=True)
class ClickhousePermissions:
    """What exists, by ARN."""

    packages: pulumi.Input[str]
    """The mirror's name."""
    secrets: list[pulumi.Input[str]]
    backups: pulumi.Input[str]
    keys: list[pulumi.Input[str]]


@dataclass(frozen=True, kw_only=True)
class ClickhouseIamArgs:
    scope: StackScope
    grants: ClickhousePermissions


class ClickhouseIam(pulumi.ComponentResource):
    """`profile` is known once the role, `arn`, may do all that a host does when it starts."""

    arn: pulumi.Output[str]
    profile: pulumi.Output[str]

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
        # The way in: no host has a key or an open port of SSH.
        session = iam.RolePolicyAttachment(
            name, role=role.name, policy_arn=SESSION_MANAGER, opts=child
        )
        grants = args.grants
        own = iam.RolePolicy(
            name,
            name="own",
            role=role.name,
            policy=pulumi.Output.all(
                packages=grants.packages,
                secrets=grants.secrets,
                backups=grants.backups,
                keys=grants.keys,
            ).apply(_document),
            opts=child,
        )
        profile = iam.InstanceProfile(
            name, name=f"{args.scope.prefix}-clickhouse", role=role.name, opts=child
        )
        self.profile = pulumi.Output.all(profile.name, session.id, own.id).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"profile": self.profile})


def _document(known: dict[str, object]) -> str:
    backups, secrets, keys = str(known["backups"]), known["secrets"], known["keys"]
    packages = f"arn:aws:s3:::{known['packages']}/clickhouse/*"
    objects = ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload")
    return iam_policies.document(
        iam_policies.allow(["s3:GetObject"], [packages]),
        iam_policies.allow(["secretsmanager:GetSecretValue"], _texts(secrets)),
        iam_policies.allow(["s3:ListBucket"], [backups]),
        # deleting: a backup in progress holds a lock that it takes away
        iam_policies.allow(objects, [f"{backups}/*"]),
        iam_policies.allow(["kms:Decrypt", "kms:GenerateDataKey"], _texts(keys)),
        iam_policies.allow(["cloudwatch:PutMetricData"], ["*"])
        | {"Condition": {"StringEquals": {"cloudwatch:namespace": NAMESPACE}}},
    )


def _texts(items: object) -> list[str]:
    return [str(item) for item in items] if isinstance(items, list) else []
