"""Buckets: S3 knows whole sets of tags only."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.aws import tags
from sandbox.providers.aws.operations import Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties


class Bucket(AwsResourceType):
    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        live = super().describe(aws, resource_id, item, state)
        return {**live, "tags": _tags(aws.client("s3"), resource_id)}

    def update_tags(self, scope: Scope, state: Properties) -> None:
        s3, bucket, wanted = scope.aws.client("s3"), scope.values["id"], scope.values.get("tags")
        if wanted:
            pairs = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs})
        else:
            s3.delete_bucket_tagging(Bucket=bucket)


def _tags(s3: Any, bucket: str) -> dict[str, str]:
    try:
        found = s3.get_bucket_tagging(Bucket=bucket)["TagSet"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return {}
        raise
    return tags.mapping([{"key": tag["Key"], "value": tag["Value"]} for tag in found])
