"""What AWS refuses of keys and secrets, and moto alone would let pass."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from sandbox.emulator import client
from sandbox.paths import SandboxPaths

Connect = Callable[[str], Any]


@pytest.fixture(scope="module")
def connect(paths: SandboxPaths) -> Connect:
    endpoint = client.ensure(paths).endpoint
    return lambda service: boto3.client(
        service,
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


@pytest.mark.parametrize(
    ("call", "arguments"),
    [
        ("encrypt", {"Plaintext": b"x"}),
        ("enable_key", {}),
        ("disable_key", {}),
        ("enable_key_rotation", {}),
        ("update_key_description", {"Description": "x"}),
        ("tag_resource", {"Tags": [{"TagKey": "a", "TagValue": "b"}]}),
        ("schedule_key_deletion", {"PendingWindowInDays": 7}),
    ],
)
def test_a_key_pending_deletion_can_only_be_kept(
    connect: Connect, call: str, arguments: dict[str, Any]
) -> None:
    kms = connect("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(kms.exceptions.KMSInvalidStateException, match="pending deletion"):
        getattr(kms, call)(KeyId=key, **arguments)
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["KeyState"] == "PendingDeletion"
    kms.cancel_key_deletion(KeyId=key)
    kms.enable_key(KeyId=key)
    kms.encrypt(KeyId=key, Plaintext=b"x")


def test_an_alias_for_a_key_pending_deletion_and_a_short_window_are_refused(
    connect: Connect,
) -> None:
    kms = connect("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    with pytest.raises(ClientError, match="from 7 to 30"):
        kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=3)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    with pytest.raises(kms.exceptions.KMSInvalidStateException):
        kms.create_alias(AliasName="alias/late", TargetKeyId=key)


def test_the_name_of_a_secret_scheduled_for_deletion_is_reserved(connect: Connect) -> None:
    secrets = connect("secretsmanager")
    secrets.create_secret(Name="reserved", SecretString="x")
    secrets.delete_secret(SecretId="reserved", RecoveryWindowInDays=7)
    for call, arguments in (
        ("create_secret", {"Name": "reserved", "SecretString": "x"}),
        ("put_secret_value", {"SecretId": "reserved", "SecretString": "y"}),
        ("tag_resource", {"SecretId": "reserved", "Tags": [{"Key": "a", "Value": "b"}]}),
    ):
        with pytest.raises(secrets.exceptions.InvalidRequestException):
            getattr(secrets, call)(**arguments)
    secrets.restore_secret(SecretId="reserved")
    secrets.put_secret_value(SecretId="reserved", SecretString="y")
    secrets.delete_secret(SecretId="reserved", ForceDeleteWithoutRecovery=True)
    secrets.create_secret(Name="reserved", SecretString="x")


def test_a_secrets_value_is_that_of_the_version_that_is_current(connect: Connect) -> None:
    manager = connect("secretsmanager")
    first = manager.create_secret(Name="staged", SecretString="first")["VersionId"]
    second = manager.put_secret_value(SecretId="staged", SecretString="second")["VersionId"]
    assert manager.get_secret_value(SecretId="staged")["SecretString"] == "second"
    manager.update_secret_version_stage(
        SecretId="staged",
        VersionStage="AWSCURRENT",
        MoveToVersionId=first,
        RemoveFromVersionId=second,
    )
    assert manager.get_secret_value(SecretId="staged")["SecretString"] == "first"


def test_a_secret_needs_a_key_that_works(connect: Connect) -> None:
    kms, secrets = connect("kms"), connect("secretsmanager")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    secrets.create_secret(Name="with-key", SecretString="x", KmsKeyId=key)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    for broken in (key, f"{key[:-12]}000000000000"):
        with pytest.raises(ClientError, match="EncryptionFailure"):
            secrets.create_secret(Name="without", SecretString="x", KmsKeyId=broken)


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("no document", "MalformedPolicyDocumentException"),
        ('{"Statement": [{"Effect": "Deny"}]}', "MalformedPolicyDocumentException"),
        (
            '{"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*"}]}',
            "PublicPolicyException",
        ),
    ],
)
def test_a_policy_that_says_nothing_or_opens_a_secret_to_everyone_is_refused(
    connect: Connect, policy: str, code: str
) -> None:
    secrets = connect("secretsmanager")
    secret = secrets.create_secret(Name=f"policy-of-{len(policy)}", SecretString="x")["ARN"]
    with pytest.raises(ClientError) as refused:
        secrets.put_resource_policy(SecretId=secret, ResourcePolicy=policy, BlockPublicPolicy=True)
    assert refused.value.response["Error"]["Code"] == code
    assert "ResourcePolicy" not in secrets.get_resource_policy(SecretId=secret)
