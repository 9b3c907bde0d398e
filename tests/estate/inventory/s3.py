"""The buckets that exist in the emulated AWS, and which settings each has."""

from __future__ import annotations

from collections.abc import Callable

import boto3
from botocore.exceptions import ClientError

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
