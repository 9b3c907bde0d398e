"""Rules for S3: a bucket's policy, public access block, lifecycle, versioning and encryption."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from policy.keys import principals, statements
from policy.model import Among, PolicyResource, PolicyRule, Severity, at, known, of_type

BUCKET = "aws:s3/bucket:Bucket"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
PUBLIC_ACCESS = "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
ENCRYPTION = (
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
)
BLOCKS = ("blockPublicAcls", "blockPublicPolicy", "ignorePublicAcls", "restrictPublicBuckets")
KMS = ("aws:kms", "aws:kms:dsse")


def has_companion(type_: str, condition: Callable[[PolicyResource], bool]) -> Among:
    """The check that a bucket has a resource of this type that meets the condition."""

    def holds(bucket: PolicyResource, everything: Sequence[PolicyResource]) -> bool:
        return any(
            bucket.is_named_in(each, "bucket") and condition(each)
            for each in of_type(everything, type_)
        )

    return holds


def refuses_plain_http(policy: PolicyResource) -> bool:
    content = policy.get("policy")
    return not known(content) or any(map(_denies_all_without_tls, statements(content)))


def _denies_all_without_tls(statement: Any) -> bool:
    conditions = statement.get("Condition") or {}
    booleans = conditions.get("Bool") or {}
    return (
        statement.get("Effect") == "Deny"
        and "*" in principals(statement)
        and statement.get("Action") in ("s3:*", ["s3:*"], "*", ["*"])
        and str(booleans.get("aws:SecureTransport")).lower() == "false"
        and [*conditions, *booleans] == ["Bool", "aws:SecureTransport"]
    )


def encrypts_by_kms(configuration: PolicyResource) -> bool:
    algorithm = "applyServerSideEncryptionByDefault.sseAlgorithm"
    rules = configuration.get("rules")
    return not known(rules) or any(at(rule, algorithm) in KMS for rule in rules or ())


def has_enabled_rule(lifecycle: PolicyResource) -> bool:
    rules = lifecycle.get("rules")
    return not known(rules) or any(rule.get("status") == "Enabled" for rule in rules or ())


RULES = (
    PolicyRule(
        "S3.5",
        "the bucket refuses requests without TLS",
        Severity.MEDIUM,
        (BUCKET,),
        "add a BucketPolicy that denies s3:* where aws:SecureTransport is false",
        among=has_companion(POLICY, refuses_plain_http),
    ),
    PolicyRule(
        "S3.8",
        "the bucket blocks all public access",
        Severity.HIGH,
        (BUCKET,),
        f"add a BucketPublicAccessBlock with all of {', '.join(BLOCKS)}",
        among=has_companion(PUBLIC_ACCESS, lambda block: all(map(block.on, BLOCKS))),
    ),
    PolicyRule(
        "S3.13",
        "the bucket has a lifecycle configuration",
        Severity.LOW,
        (BUCKET,),
        "add a BucketLifecycleConfiguration with an enabled rule",
        among=has_companion(LIFECYCLE, has_enabled_rule),
    ),
    PolicyRule(
        "CKV_AWS_21",
        "versioning is enabled",
        Severity.MEDIUM,
        (BUCKET,),
        "add a BucketVersioning with status Enabled",
        among=has_companion(
            VERSIONING, lambda each: each.is_one_of("versioningConfiguration.status", "Enabled")
        ),
    ),
    PolicyRule(
        "CKV_AWS_145",
        "objects are encrypted with a customer managed key",
        Severity.MEDIUM,
        (BUCKET,),
        "add a BucketServerSideEncryptionConfiguration with aws:kms and a key",
        among=has_companion(ENCRYPTION, encrypts_by_kms),
    ),
)
