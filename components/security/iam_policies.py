"""IAM policy documents as pure functions: key policies, trust policies, topic policies and more.

A statement that allows an AWS service has the condition `aws:SourceAccount`: without it the
service would also act on requests of other accounts (the confused deputy problem).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from components.scope import StackScope

Statement = dict[str, Any]

RDS_EVENTS = "events.rds.amazonaws.com"
CLOUDWATCH = "cloudwatch.amazonaws.com"
EVENTBRIDGE = "events.amazonaws.com"
BACKUP = "backup.amazonaws.com"
EC2 = "ec2.amazonaws.com"
ECS_TASKS = "ecs-tasks.amazonaws.com"
NOTIFIERS = (RDS_EVENTS, CLOUDWATCH, EVENTBRIDGE, BACKUP)
"""Services that publish to encrypted topics. Both the topic's policy and the policy of its KMS key
must allow each of them."""

WITHOUT_SOURCE = frozenset({EVENTBRIDGE, EC2})
"""Services that set no source account. EventBridge does not when it publishes to SNS: the condition
would silently drop every message ("You can't use Condition blocks in Amazon SNS topic policies").
EC2 does not when it assumes the role of an instance, which belongs to this account anyway."""


def document(*statements: Statement) -> str:
    """A policy document as JSON."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """A statement of an identity-based policy."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def account_administers(scope: StackScope) -> Statement:
    """Lets IAM policies of the account grant use of a key. Without this statement nobody could
    change the key's policy again."""
    return {
        "Sid": "AccountAdministersThroughIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{scope.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }


def logs_encrypt(scope: StackScope) -> Statement:
    """Lets CloudWatch Logs use a key for log groups of this account. CloudWatch Logs passes the ARN
    of the log group as encryption context, which the condition checks."""
    log_groups = f"arn:aws:logs:{scope.region}:{scope.account_id}:log-group:*"
    return {
        "Sid": "LogsEncrypt",
        "Effect": "Allow",
        "Principal": {"Service": f"logs.{scope.region}.amazonaws.com"},
        "Action": [
            "kms:Encrypt*",
            "kms:Decrypt*",
            "kms:ReEncrypt*",
            "kms:GenerateDataKey*",
            "kms:Describe*",
        ],
        "Resource": "*",
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": log_groups}},
    }


def notifiers_encrypt(scope: StackScope) -> list[Statement]:
    """Lets `NOTIFIERS` use the key of a topic: a publisher encrypts its messages.

    AWS Backup gets no condition. That it passes the source account to KMS is not documented, and if
    it doesn't, the condition would silently drop every message. The topic's policy, where it does
    pass the account, restricts it to this account anyway.
    """
    return [
        {
            "Sid": f"{_name(service)}Encrypts",
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": "*",
            **({} if service == BACKUP else _from_account(service, scope.account_id)),
        }
        for service in NOTIFIERS
    ]


def topic_policy(scope: StackScope, topic_arn: str, services: Iterable[str]) -> str:
    """The policy of a topic that the services publish to. Users of the account need no statement:
    their IAM policies suffice."""
    return document(
        *(
            {
                "Sid": f"{_name(service)}Publishes",
                "Effect": "Allow",
                "Principal": {"Service": service},
                "Action": "sns:Publish",
                "Resource": topic_arn,
                **_from_account(service, scope.account_id),
            }
            for service in services
        )
    )


def principal(scope: StackScope, name: str) -> str:
    """The ARN of role/NAME, user/NAME or root."""
    return f"arn:aws:iam::{scope.account_id}:{name}"


def read_only_by(scope: StackScope, administrators: Sequence[str], readers: Iterable[str]) -> str:
    """The policy of a secret: denies reading it to everybody but the given principals, whatever IAM
    allows. `administrators` are names as in `principal`, `readers` are ARNs.

    The root user may always read, as the last resort if the lists lock everybody else out.
    """
    administrator_arns = [principal(scope, name) for name in ("root", *administrators)]
    return document(
        {
            "Sid": "OnlyItsUsersRead",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": [*administrator_arns, *readers]}},
        }
    )


def encrypted_traffic_only(bucket_arn: str) -> str:
    """The policy of a bucket: denies every request without TLS. Access itself is granted by IAM."""
    return document(
        {
            "Sid": "EncryptedTrafficOnly",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [bucket_arn, f"{bucket_arn}/*"],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        }
    )


def assume_role_policy(service: str, scope: StackScope) -> str:
    """The trust policy of a role that an AWS service assumes, on behalf of this account only."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            **_from_account(service, scope.account_id),
        }
    )


def _from_account(service: str, account_id: str) -> Mapping[str, Any]:
    """The condition that a service acts for this account, or nothing if it sets no source."""
    if service in WITHOUT_SOURCE:
        return {}
    return {"Condition": {"StringEquals": {"aws:SourceAccount": account_id}}}


def _name(service: str) -> str:
    """events.rds.amazonaws.com -> EventsRds"""
    parts = service.removesuffix(".amazonaws.com").split(".")
    return "".join(part.title() for part in parts)
