"""Policy documents, pure: who may use a key, assume a role, publish to a topic.

A service acts for many accounts: `aws:SourceAccount` keeps it from acting on another's behalf.
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
NOTIFIERS = (RDS_EVENTS, CLOUDWATCH, EVENTBRIDGE, BACKUP)
"""Services that publish to encrypted topics: each must be let in by the topic and by its key."""

WITHOUT_SOURCE = frozenset({EVENTBRIDGE, EC2})
"""EventBridge names no source account when it publishes to SNS, so a condition would silently
drop every message ("You can't use Condition blocks in Amazon SNS topic policies"); nor does EC2
when it hands a role to a host, which is of this account anyway."""


def document(*statements: Statement) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def allow(actions: Sequence[str], resources: Sequence[str]) -> Statement:
    """A statement of a role's own policy."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": list(resources)}


def account_administers(scope: StackScope) -> Statement:
    """Through IAM; without it nobody could ever change the key's policy again."""
    return {
        "Sid": "AccountAdministersThroughIam",
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{scope.account_id}:root"},
        "Action": "kms:*",
        "Resource": "*",
    }


def logs_encrypt(scope: StackScope) -> Statement:
    """CloudWatch Logs names the log group, and with it the account, as encryption context."""
    group = f"arn:aws:logs:{scope.region}:{scope.account_id}:log-group:*"
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
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": group}},
    }


def notifiers_encrypt(scope: StackScope) -> list[Statement]:
    """For the key of a topic: a publisher encrypts what it publishes.

    Nothing says that AWS Backup names the account to KMS as it does to SNS, whose topics hold it to
    this account anyway: a condition might drop every message without a word.
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
    """A topic's policy; the account's own users get in by IAM."""
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
    """role/NAME or user/NAME -> its ARN"""
    return f"arn:aws:iam::{scope.account_id}:{name}"


def read_only_by(scope: StackScope, administrators: Sequence[str], readers: Iterable[str]) -> str:
    """A secret's policy: nobody else reads it, whatever IAM allows.

    The root user is among those who do: it is the last to mend what everybody is shut out of.
    """
    administering = [principal(scope, name) for name in ("root", *administrators)]
    return document(
        {
            "Sid": "OnlyItsUsersRead",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "secretsmanager:GetSecretValue",
            "Resource": "*",
            "Condition": {"ArnNotLike": {"aws:PrincipalArn": [*administering, *readers]}},
        }
    )


def encrypted_traffic_only(bucket_arn: str) -> str:
    """A bucket's policy: nobody gets in without TLS, and into the account's own by IAM alone."""
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
    """The trust policy of a role that a service of AWS assumes for this account only."""
    return document(
        {
            "Effect": "Allow",
            "Principal": {"Service": service},
            "Action": "sts:AssumeRole",
            **_from_account(service, scope.account_id),
        }
    )


def _from_account(service: str, account_id: str) -> Mapping[str, Any]:
    if service in WITHOUT_SOURCE:
        return {}
    return {"Condition": {"StringEquals": {"aws:SourceAccount": account_id}}}


def _name(service: str) -> str:
    """events.rds.amazonaws.com -> EventsRds"""
    parts = service.removesuffix(".amazonaws.com").split(".")
    return "".join(part.title() for part in parts)
