"""Rules for KMS keys, CloudWatch log groups and Secrets Manager secrets."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from policy.model import PolicyRule, Severity, document, of_type

KEY = "aws:kms/key:Key"
LOG_GROUP = "aws:cloudwatch/logGroup:LogGroup"
SECRET = "aws:secretsmanager/secret:Secret"  # noqa: S105 - a type
ROTATION = "aws:secretsmanager/secretRotation:SecretRotation"
YEAR_D = 365


def statements(policy: Any) -> list[Any]:
    content = document(policy)
    listed = content.get("Statement", []) if isinstance(content, dict) else []
    return listed if isinstance(listed, list) else [listed]


def principals(statement: Any) -> Iterator[str]:
    """All principals of a statement, of any type."""
    named = statement.get("Principal")
    for value in named.values() if isinstance(named, dict) else [named]:
        yield from value if isinstance(value, list) else [str(value)]


def admits_everybody(statement: Any) -> bool:
    return statement.get("Effect") == "Allow" and "*" in principals(statement)


RULES = (
    PolicyRule(
        "KMS.5",
        "the key policy allows only named principals",
        Severity.CRITICAL,
        (KEY,),
        'name the principals of every Allow statement instead of "*"',
        alone=lambda r: not any(map(admits_everybody, statements(r.get("policy")))),
    ),
    PolicyRule(
        "CKV_AWS_7",
        "the key is rotated every year",
        Severity.MEDIUM,
        (KEY,),
        "set enable_key_rotation=True",
        # AWS can rotate only this type of key
        alone=lambda r: (
            r.get("customerMasterKeySpec") not in (None, "SYMMETRIC_DEFAULT")
            or r.on("enableKeyRotation")
        ),
    ),
    PolicyRule(
        "CKV_AWS_158",
        "the log group is encrypted with a customer managed key",
        Severity.MEDIUM,
        (LOG_GROUP,),
        "set kms_key_id",
        alone=lambda r: r.given("kmsKeyId"),
    ),
    PolicyRule(
        "CKV_AWS_338",
        "logs are kept for a year",
        Severity.LOW,
        (LOG_GROUP,),
        "set retention_in_days to 365 or more",
        # 0 and unset mean forever
        alone=lambda r: (
            r.get("retentionInDays") in (None, 0) or r.at_least("retentionInDays", YEAR_D)
        ),
    ),
    PolicyRule(
        "SecretsManager.1",
        "the secret is rotated by Secrets Manager",
        Severity.MEDIUM,
        (SECRET,),
        "add a SecretRotation of the secret",
        among=lambda r, all_: any(
            r.is_named_in(rotation, "secretId") for rotation in of_type(all_, ROTATION)
        ),
    ),
)
