"""Finds buckets and their settings, which S3 keeps under the bucket's name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place


def bucket(place: Place, inputs: Inputs) -> Iterator[str]:
    place.aws("s3").get_bucket_location(Bucket=inputs["bucket"])
    yield inputs["bucket"]


def setting(call: str, key: str) -> Finder:
    """A setting is there if its bucket tells of it; S3 itself gives some to every bucket."""

    def finder(place: Place, inputs: Inputs) -> Iterator[str]:
        if getattr(place.aws("s3"), call)(Bucket=inputs["bucket"]).get(key):
            yield inputs["bucket"]

    return finder


FINDERS: Mapping[str, Finder] = {
    "aws:s3/bucket:Bucket": bucket,
    "aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock": setting(
        "get_public_access_block", "PublicAccessBlockConfiguration"
    ),
    "aws:s3/bucketVersioning:BucketVersioning": setting("get_bucket_versioning", "Status"),
    "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration": (
        setting("get_bucket_encryption", "ServerSideEncryptionConfiguration")
    ),
    "aws:s3/bucketOwnershipControls:BucketOwnershipControls": setting(
        "get_bucket_ownership_controls", "OwnershipControls"
    ),
    "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration": setting(
        "get_bucket_lifecycle_configuration", "Rules"
    ),
    "aws:s3/bucketPolicy:BucketPolicy": setting("get_bucket_policy", "Policy"),
}
