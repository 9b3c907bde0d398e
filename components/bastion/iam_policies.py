"""IAM policies of the bastion task's two roles. Pure functions."""

from __future__ import annotations

from components.security import iam_policies
from components.storage.ecr_repository import repository_arn


def execution_policy(repository_url: str, log_group_arn: str) -> str:
    """The permissions with which ECS starts the task: pull the image and write logs."""
    return iam_policies.document(
        # An authorization token is valid for the whole registry; the action takes no resource.
        iam_policies.allow(["ecr:GetAuthorizationToken"], ["*"]),
        iam_policies.allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository_arn(repository_url)],
        ),
        iam_policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
    )


def session_policy(log_group_arn: str, sessions_key_arn: str) -> str:
    """The permissions of the task itself: open ECS Exec sessions and write the audit log.

    It may not read any secret: users of the bastion read secrets with their own permissions.
    """
    return iam_policies.document(
        # These actions take no resource.
        iam_policies.allow(
            [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
                "logs:DescribeLogGroups",
            ],
            ["*"],
        ),
        iam_policies.allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [f"{log_group_arn}:*"],
        ),
        iam_policies.allow(["kms:Decrypt"], [sessions_key_arn]),
    )
