"""The estate's bucket with every setting that the aws provider knows."""

from __future__ import annotations

import json
from collections.abc import Callable

from tests.sandbox.providers.engine_client import Live


def build(make: Callable[..., Live], prefix: str, key_arn: str) -> None:
    bucket = make("bucket", "aws:s3/bucket:Bucket", bucket=f"{prefix}-packages")
    make(
        "bucket-access",
        "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock",
        bucket=bucket.id,
        blockPublicAcls=True,
        blockPublicPolicy=True,
        ignorePublicAcls=True,
        restrictPublicBuckets=True,
    )
    make(
        "bucket-versioning",
        "aws:s3/bucketVersioning:BucketVersioning",
        bucket=bucket.id,
        versioningConfiguration={"status": "Enabled"},
    )
    make(
        "bucket-encryption",
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration",
        bucket=bucket.id,
        rules=[
            {
                "applyServerSideEncryptionByDefault": {
                    "sseAlgorithm": "aws:kms",
                    "kmsMasterKeyId": key_arn,
                },
                "bucketKeyEnabled": True,
            }
        ],
    )
    make(
        "bucket-ownership",
        "aws:s3/bucketOwnershipControls:BucketOwnershipControls",
        bucket=bucket.id,
        rule={"objectOwnership": "BucketOwnerEnforced"},
    )
    make(
        "bucket-lifecycle",
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration",
        bucket=bucket.id,
        rules=[
            {
                "id": "old-versions",
                "status": "Enabled",
                "noncurrentVersionExpiration": {"noncurrentDays": 30},
                "abortIncompleteMultipartUpload": {"daysAfterInitiation": 7},
            },
            {
                "id": "backups",
                "status": "Enabled",
                "filter": {"prefix": "backups/"},
                "expiration": {"days": 35},
                "transitions": [{"days": 30, "storageClass": "GLACIER_IR"}],
            },
        ],
    )
    make(
        "bucket-policy",
        "aws:s3/bucketPolicy:BucketPolicy",
        bucket=bucket.id,
        policy=encrypted_only(bucket.state["arn"]),
    )


def encrypted_only(arn: str) -> str:
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "EncryptedTrafficOnly",
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "s3:*",
                    "Resource": [arn, f"{arn}/*"],
                    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                }
            ],
        }
    )
