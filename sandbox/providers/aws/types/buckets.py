"""Buckets: S3 only replaces the whole set of tags."""

from __future__ import annotations

from typing import Any

from botocore.exceptions import ClientError

from sandbox.providers.aws.operations import Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties


class Bucket(AwsResourceType):
    def tags_of(self, scope: Scope, item: Any) -> dict[str, str]:
        try:
            return super().tags_of(scope, item)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchTagSet":
                return {}
            raise

    def update_tags(self, scope: Scope, state: Properties) -> None:
        s3, bucket, wanted = scope.aws.client("s3"), scope.values["id"], scope.values.get("tags")
        if wanted:
            pairs = [{"Key": key, "Value": value} for key, value in sorted(wanted.items())]
            s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": pairs})
        else:
            s3.delete_bucket_tagging(Bucket=bucket)
