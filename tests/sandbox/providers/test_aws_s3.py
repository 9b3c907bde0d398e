"""Buckets over the provider's protocol: what S3 refuses, and how policy conditions apply."""

from __future__ import annotations

import json
from collections.abc import Iterator

import boto3
import pytest

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from tests.estate.resources.s3 import encrypted_only
from tests.sandbox.providers.engine_client import Engine, ProviderError, engine

BUCKET = "aws:s3/bucket:Bucket"
POLICY = "aws:s3/bucketPolicy:BucketPolicy"
VERSIONING = "aws:s3/bucketVersioning:BucketVersioning"
LIFECYCLE = "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1") as speaking:
        yield speaking


def put(bucket: str) -> None:
    boto3.client("s3", region_name="us-east-1").put_object(Bucket=bucket, Key="kept", Body=b"x")


def without_condition(arn: str) -> str:
    policy = json.loads(encrypted_only(arn))
    del policy["Statement"][0]["Condition"]
    return json.dumps(policy)


def test_a_bucket_that_is_not_empty_is_not_deleted(aws: Engine) -> None:
    bucket = aws.create(BUCKET, {"bucket": "kept-packages"})
    put(bucket.id)
    with pytest.raises(ProviderError, match="not empty"):
        aws.delete(bucket)
    assert aws.drift(bucket) == set()


def test_old_versions_alone_keep_a_bucket(aws: Engine) -> None:
    bucket = aws.create(BUCKET, {"bucket": "versioned-packages"})
    enabled = {"bucket": bucket.id, "versioningConfiguration": {"status": "Enabled"}}
    aws.create(VERSIONING, enabled)
    put(bucket.id)
    boto3.client("s3", region_name="us-east-1").delete_object(Bucket=bucket.id, Key="kept")
    with pytest.raises(ProviderError, match="not empty"):
        aws.delete(bucket)


def test_force_destroy_takes_every_version_along(aws: Engine) -> None:
    bucket = aws.create(BUCKET, {"bucket": "forced-packages", "forceDestroy": True})
    aws.create(VERSIONING, {"bucket": bucket.id, "versioningConfiguration": {"status": "Enabled"}})
    put(bucket.id)
    put(bucket.id)
    aws.delete(bucket)
    assert aws.read(bucket) is None


@pytest.mark.parametrize("name", ["Packages", "a_b", "10.0.0.1", "ab", "a..b"])
def test_a_name_that_s3_has_not_is_refused(emulator: client.Emulator, name: str) -> None:
    s3 = boto3.client("s3", region_name="us-east-1")
    with pytest.raises(s3.exceptions.ClientError, match="InvalidBucketName"):
        s3.create_bucket(Bucket=name)


def test_a_policy_that_wants_encrypted_traffic_lets_the_sandbox_write(aws: Engine) -> None:
    bucket = aws.create(BUCKET, {"bucket": "encrypted-packages"})
    arn = bucket.state["arn"]
    aws.create(POLICY, {"bucket": bucket.id, "policy": encrypted_only(arn)})
    put(bucket.id)
    s3 = boto3.client("s3", region_name="us-east-1")
    s3.put_bucket_policy(Bucket=bucket.id, Policy=without_condition(arn))
    with pytest.raises(s3.exceptions.ClientError, match="Forbidden"):
        put(bucket.id)


def test_a_bucket_may_live_in_another_region(aws: Engine) -> None:
    bucket = aws.create(BUCKET, {"bucket": "recovery-packages", "region": "us-west-2"})
    assert aws.drift(bucket) == set()
    s3 = boto3.client("s3", region_name="us-west-2")
    assert s3.get_bucket_location(Bucket=bucket.id)["LocationConstraint"] == "us-west-2"


def test_a_misspelt_part_of_a_rule_is_refused(aws: Engine) -> None:
    rules = [{"id": "old", "status": "Enabled", "expiratoin": {"days": 1}}]
    _, failures = aws.check(LIFECYCLE, {"bucket": "packages", "rules": rules})
    assert "expiratoin" in failures["rules"]
