"""The estate's bucket with every setting that the aws provider knows."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import boto3
from botocore.exceptions import ClientError

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, another_statement, client
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


NAMES = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


def _other_encryption(state: Properties) -> dict[str, Any]:
    stated = state["rules"][0]["applyServerSideEncryptionByDefault"]["sseAlgorithm"]
    default = {"SSEAlgorithm": "aws:kms" if stated == "AES256" else "AES256"}
    return {"Rules": [{"ApplyServerSideEncryptionByDefault": default}]}


def _put(call: str, argument: str, content: Any) -> Change:
    def change(state: Properties) -> None:
        value = content(state) if callable(content) else content
        getattr(client("s3"), f"put_{call}")(Bucket=state["bucket"], **{argument: value})

    return change


def _opened(name: str) -> Change:
    """One of the four blocks taken away."""
    return _put(
        "public_access_block",
        "PublicAccessBlockConfiguration",
        lambda state: {
            api: not state[ours] if ours == name else state[ours] for ours, api in NAMES.items()
        },
    )


CHANGES: dict[str, dict[str, Change]] = {
    "aws:s3/bucket:Bucket": {
        "tags": _put(
            "bucket_tagging", "Tagging", {"TagSet": [{"Key": "Project", "Value": BY_HAND}]}
        )
    },
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": {
        name: _opened(name) for name in NAMES
    },
    "aws:s3/bucketVersioning:BucketVersioning": {
        "versioningConfiguration": _put(
            "bucket_versioning", "VersioningConfiguration", {"Status": "Suspended"}
        )
    },
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": {
        "rules": _put("bucket_encryption", "ServerSideEncryptionConfiguration", _other_encryption)
    },
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": {
        "rule": _put(
            "bucket_ownership_controls",
            "OwnershipControls",
            {"Rules": [{"ObjectOwnership": "ObjectWriter"}]},
        )
    },
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": {
        "rules": _put(
            "bucket_lifecycle_configuration",
            "LifecycleConfiguration",
            {
                "Rules": [
                    {"ID": "by-hand", "Status": "Enabled", "Filter": {}, "Expiration": {"Days": 1}}
                ]
            },
        )
    },
    "aws:s3/bucketPolicy:BucketPolicy": {
        "policy": _put("bucket_policy", "Policy", lambda state: another_statement(state["policy"]))
    },
}


REGION = "us-east-1"


def _buckets() -> set[str]:
    listed = boto3.client("s3", region_name=REGION).list_buckets()["Buckets"]
    return {bucket["Name"] for bucket in listed}


def _with(call: str, key: str) -> Callable[[], set[str]]:
    """The buckets with a setting, whose id is the bucket's name."""

    def ask(bucket: str) -> bool:
        try:
            answer = getattr(boto3.client("s3", region_name=REGION), call)(Bucket=bucket)
        except ClientError:
            return False
        return bool(answer.get(key))

    return lambda: {bucket for bucket in _buckets() if ask(bucket)}


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:s3/bucket:Bucket": _buckets,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": _with(
        "get_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": _with("get_bucket_versioning", "Status"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        _with("get_bucket_encryption", "ServerSideEncryptionConfiguration")
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": _with(
        "get_bucket_ownership_controls", "OwnershipControls"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": _with(
        "get_bucket_lifecycle_configuration", "Rules"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": _with("get_bucket_policy", "Policy"),
}
