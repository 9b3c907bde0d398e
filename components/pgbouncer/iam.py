"""The two roles of the pooler's tasks: ECS's own, which starts them, and the tasks' own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import iam

from components.pgbouncer.task_definition import repository_arn
from components.scope import StackScope
from components.security import iam_policies

TASKS = "ecs-tasks.amazonaws.com"


@dataclass(frozen=True, kw_only=True)
class PgbouncerIamArgs:
    scope: StackScope
    repository_url: pulumi.Input[str]
    log_group_arn: pulumi.Input[str]
    secret_arns: Sequence[pulumi.Input[str]]
    kms_key_arn: pulumi.Input[str]


class PgbouncerIam(pulumi.ComponentResource):
    """`execution_role_arn` is known once the role may do what starting a task takes."""

    execution_role_arn: pulumi.Output[str]
    task_role_arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: PgbouncerIamArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerIam", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        trust = iam_policies.assume_role_policy(TASKS, args.scope)
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
            ).apply(lambda known: starting(known[0], known[1], known[2], known[3:])),
            opts=child,
        )
        # PgBouncer itself calls nothing of AWS.
        task = iam.Role(
            f"{name}-task",
            name=f"{args.scope.prefix}-pgbouncer-task",
            description="PgBouncer's own role, which may do nothing",
            assume_role_policy=trust,
            opts=child,
        )
        self.execution_role_arn = pulumi.Output.all(execution.arn, policy.id).apply(
            lambda known: str(known[0])
        )
        self.task_role_arn = task.arn
        self.register_outputs({"execution_role_arn": self.execution_role_arn})


def starting(
    repository_url: str, log_group_arn: str, kms_key_arn: str, secret_arns: Sequence[str]
) -> str:
    """What it takes to start a task, and nothing else."""
    return iam_policies.document(
        # a token is for the whole registry: it can't be asked for one repository
        iam_policies.allow(["ecr:GetAuthorizationToken"], ["*"]),
        iam_policies.allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository_arn(repository_url)],
        ),
        iam_policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
        iam_policies.allow(["secretsmanager:GetSecretValue"], secret_arns),
        iam_policies.allow(["kms:Decrypt"], [kms_key_arn]),
    )
