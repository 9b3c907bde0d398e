"""Buckets. What a bucket is like is said by resources of their own (s3_settings.py)."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import ARN, REGISTRY, TAGS, AwsResourceType, tag_list, tag_map
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

ABSENT = frozenset({"NoSuchBucket", "404", "NoSuchTagSet"})


class Bucket(AwsResourceType):
    """Its settings are other resources': one owner a fact."""

    token = "aws:s3/bucket:Bucket"
    cfn = "AWS::S3::Bucket"
    service = "s3"
    absent = ABSENT
    named_by, autonames = "bucket", True
    properties = {
        "bucket": Property("BucketName", bound=True, replaces=REGISTRY),
        "forceDestroy": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
        "bucketDomainName": Property(output=True),
        "bucketRegionalDomainName": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        s3 = aws.client("s3")
        place: dict[str, Any] = (
            {}
            if aws.region == "us-east-1"  # the one region that must not be named
            else {"CreateBucketConfiguration": {"LocationConstraint": aws.region}}
        )
        s3.create_bucket(Bucket=inputs["bucket"], **place)
        self._tag(aws, inputs["bucket"], inputs["tags"])
        return Created(inputs["bucket"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        aws.client("s3").head_bucket(Bucket=resource_id)
        return {
            "bucket": resource_id,
            "arn": f"arn:aws:s3:::{resource_id}",
            "bucketDomainName": f"{resource_id}.s3.amazonaws.com",
            "bucketRegionalDomainName": f"{resource_id}.s3.{aws.region}.amazonaws.com",
            "tags": self._tags(aws, resource_id),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            if "tags" in changed:
                self._tag(aws, resource_id, inputs.get("tags") or {})

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        s3 = aws.client("s3")
        with self.existing():
            if state.get("forceDestroy"):
                for page in s3.get_paginator("list_object_versions").paginate(Bucket=resource_id):
                    for item in (*page.get("Versions", ()), *page.get("DeleteMarkers", ())):
                        s3.delete_object(
                            Bucket=resource_id, Key=item["Key"], VersionId=item["VersionId"]
                        )
            s3.delete_bucket(Bucket=resource_id)

    def _tags(self, aws: Aws, bucket: str) -> dict[str, str]:
        try:
            with self.existing():
                return tag_map(aws.client("s3").get_bucket_tagging(Bucket=bucket)["TagSet"])
        except NotFound:
            return {}

    def _tag(self, aws: Aws, bucket: str, tags: dict[str, str]) -> None:
        """S3 knows whole sets of tags only."""
        if tags:
            aws.client("s3").put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": tag_list(tags)})
        else:
            aws.client("s3").delete_bucket_tagging(Bucket=bucket)


RESOURCE_TYPES = (Bucket(),)
