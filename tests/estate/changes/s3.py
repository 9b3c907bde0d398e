"""Changes by plain boto3 of buckets and their settings."""

from __future__ import annotations

from typing import Any

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, another_statement, client

NAMES = {
    "blockPublicAcls": "BlockPublicAcls",
    "blockPublicPolicy": "BlockPublicPolicy",
    "ignorePublicAcls": "IgnorePublicAcls",
    "restrictPublicBuckets": "RestrictPublicBuckets",
}


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


BY_TOKEN: dict[str, dict[str, Change]] = {
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
        "rules": _put(
            "bucket_encryption",
            "ServerSideEncryptionConfiguration",
            {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]},
        )
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
