"""IAM roles of PgBouncer's ECS tasks: the execution role, with which ECS starts a task, and the
task role of PgBouncer itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.scope import StackScope
from components.security import iam_policies
from components.storage.ecr_repository import repository_arn


@dataclass(frozen=True, kw_only=True)
class PgbouncerIamArgs:
    scope: StackScope
    repository_url: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]
    secret_arns: Sequence[pulumi.Input[str]]
    """The secrets that the task definition refers to."""
    kms_key_arn: pulumi.Input[str]
    """The key that encrypts the secrets."""


class PgbouncerIam(pulumi.ComponentResource):
    """The execution role with its policy, and a task role without permissions."""

    execution_role_arn: pulumi.Output[str]
    """Resolves after the role has its policy: no task starts without it."""
    task_role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: PgbouncerIamArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerIam", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        trust = iam_policies.assume_role_policy(iam_policies.ECS_TASKS, args.scope)
        execution = iam.Role(
            f"{name}-execution",
            name=f"{args.scope.prefix}-pgbouncer-execution",
            description="Starts PgBouncer's tasks: image, secrets and logs",
            assume_role_policy=trust,
            opts=child,
        )
        policy = iam.RolePolicy(
            f"{name}-execution",
            name="start",
            role=execution.name,
            policy=pulumi.Output.all(
                args.repository_url, args.log_group_arn, args.kms_key_arn, *args.secret_arns
            ).apply(
                lambda values: execution_policy(
                    repository_url=values[0],
                    log_group_arn=values[1],
                    kms_key_arn=values[2],
                    secret_arns=values[3:],
                )
            ),
            opts=child,
        )
        # PgBouncer calls no AWS API.
        task = iam.Role(
            f"{name}-task",
            name=f"{args.scope.prefix}-pgbouncer-task",
            description="Task role of PgBouncer, without permissions",
            assume_role_policy=trust,
            opts=child,
        )
        self.execution_role_arn = pulumi.Output.all(execution.arn, policy.id).apply(
            lambda values: str(values[0])
        )
        self.task_role_arn = task.arn
        self.register_outputs({"execution_role_arn": self.execution_role_arn})


def execution_policy(
    *, repository_url: str, log_group_arn: str, kms_key_arn: str, secret_arns: Sequence[str]
) -> str:
    """The permissions to pull the image, read the secrets and write the logs."""
    return iam_policies.document(
        # An authorization token is valid for the whole registry; the action takes no resource.
        iam_policies.allow(["ecr:GetAuthorizationToken"], ["*"]),
        iam_policies.allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository_arn(repository_url)],
        ),
        iam_policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
        iam_policies.allow(["secretsmanager:GetSecretValue"], secret_arns),
        iam_policies.allow(["kms:Decrypt"], [kms_key_arn]),
    )
