"""A private S3 bucket: encrypted, versioned, without public access, and reachable over TLS only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import s3

from components.scope import StackScope
from components.security import iam_policies


@dataclass(frozen=True)
class Expiry:
    """A lifecycle rule that deletes objects by age."""

    prefix: str
    """The key prefix of the objects, with a trailing slash."""
    days: int


@dataclass(frozen=True, kw_only=True)
class BucketArgs:
    scope: StackScope
    bucket: str
    """The name between the stack's prefix and the account id."""
    old_versions_days: int
    """How long a version is kept after it was overwritten or deleted."""
    kms_key_arn: pulumi.Input[str] | None = None
    """None encrypts with the key that S3 manages (SSE-S3)."""
    expiries: Sequence[Expiry] = ()
    protect: bool = False
    """Whether Pulumi refuses to delete the bucket."""
    disposable: bool = False
    """Whether destroying the bucket also deletes the objects in it."""


class Bucket(pulumi.ComponentResource):
    """A bucket with its encryption, versioning, lifecycle rules and bucket policy.

    `name` and `arn` resolve only after public access is blocked and the policy is in force, so that
    nothing is written before.
    """

    name: pulumi.Output[str]
    arn: pulumi.Output[str]

    def __init__(
        self, name: str, args: BucketArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:storage:Bucket", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Bucket names are globally unique: the account id keeps this one from being taken already.
        # Renaming this resource creates a new, empty bucket.
        bucket = s3.Bucket(
            name,
            bucket=f"{args.scope.prefix}-{args.bucket}-{args.scope.account_id}",
            force_destroy=args.disposable,
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        public_access_block = s3.BucketPublicAccessBlock(
            name,
            bucket=bucket.bucket,
            block_public_acls=True,
            block_public_policy=True,
            ignore_public_acls=True,
            restrict_public_buckets=True,
            opts=child,
        )
        s3.BucketOwnershipControls(
            name,
            bucket=bucket.bucket,
            rule=s3.BucketOwnershipControlsRuleArgs(object_ownership="BucketOwnerEnforced"),
            opts=child,
        )
        versioning = s3.BucketVersioning(
            name,
            bucket=bucket.bucket,
            versioning_configuration=s3.BucketVersioningVersioningConfigurationArgs(
                status="Enabled"
            ),
            opts=child,
        )
        s3.BucketServerSideEncryptionConfiguration(
            name, bucket=bucket.bucket, rules=[_encryption(args.kms_key_arn)], opts=child
        )
        s3.BucketLifecycleConfiguration(
            name,
            bucket=bucket.bucket,
            rules=_lifecycle(args),
            # S3 refuses rules on noncurrent versions before versioning is enabled.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[versioning]),
        )
        policy = s3.BucketPolicy(
            name,
            bucket=bucket.bucket,
            policy=bucket.arn.apply(iam_policies.encrypted_traffic_only),
            # S3 refuses concurrent changes of a bucket's access settings.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[public_access_block]),
        )
        self.name = policy.bucket
        self.arn = pulumi.Output.all(bucket.arn, policy.id).apply(lambda values: str(values[0]))
        self.register_outputs({"name": self.name, "arn": self.arn})


def _encryption(
    kms_key_arn: pulumi.Input[str] | None,
) -> s3.BucketServerSideEncryptionConfigurationRuleArgs:
    default = s3.BucketServerSideEncryptionConfigurationRuleApplyServerSideEncryptionByDefaultArgs(
        sse_algorithm="aws:kms" if kms_key_arn is not None else "AES256",
        kms_master_key_id=kms_key_arn,
    )
    return s3.BucketServerSideEncryptionConfigurationRuleArgs(
        apply_server_side_encryption_by_default=default,
        # A bucket key saves KMS requests, which are billed and rate-limited.
        bucket_key_enabled=True if kms_key_arn is not None else None,
    )


def _lifecycle(args: BucketArgs) -> list[s3.BucketLifecycleConfigurationRuleArgs]:
    old_versions = s3.BucketLifecycleConfigurationRuleArgs(
        id="old-versions",
        status="Enabled",
        filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=""),
        noncurrent_version_expiration=(
            s3.BucketLifecycleConfigurationRuleNoncurrentVersionExpirationArgs(
                noncurrent_days=args.old_versions_days
            )
        ),
        abort_incomplete_multipart_upload=(
            s3.BucketLifecycleConfigurationRuleAbortIncompleteMultipartUploadArgs(
                days_after_initiation=7
            )
        ),
    )
    expiries = [
        s3.BucketLifecycleConfigurationRuleArgs(
            id=f"expire-{expiry.prefix.rstrip('/')}",
            status="Enabled",
            filter=s3.BucketLifecycleConfigurationRuleFilterArgs(prefix=expiry.prefix),
            expiration=s3.BucketLifecycleConfigurationRuleExpirationArgs(days=expiry.days),
        )
        for expiry in args.expiries
    ]
    return [old_versions, *expiries]
