"""What policy documents allow: the evaluation that the preflight of backups stands on."""

from __future__ import annotations

import json
from typing import Any

import pytest

from acceptance.iam_policies import allows, denies

BACKUP = "backup.amazonaws.com"


def document(**statement: Any) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


READS = document(Effect="Allow", Action=["s3:Get*", "KMS:decrypt"], Resource="arn:aws:s3:::a/*")


@pytest.mark.parametrize(
    ("action", "resource", "expected"),
    [
        ("s3:GetObject", "arn:aws:s3:::a/b", True),
        ("kms:Decrypt", "arn:aws:s3:::a/b", True),
        ("s3:PutObject", "arn:aws:s3:::a/b", False),
        ("s3:GetObject", "arn:aws:s3:::b/b", False),
    ],
    ids=["wildcard", "spelt otherwise", "another action", "another resource"],
)
def test_an_action_is_allowed_on_the_resources_that_a_statement_names(
    action: str, resource: str, expected: bool
) -> None:
    assert allows([READS], action, resource) is expected


def test_a_denial_goes_before_what_another_document_allows() -> None:
    refused = document(Effect="Deny", Action="s3:GetObject", Resource="*")
    assert not allows([READS, refused], "s3:GetObject", "arn:aws:s3:::a/b")
    assert allows([READS, refused], "s3:GetBucketPolicy", "arn:aws:s3:::a/b")


def test_a_denial_under_a_condition_lets_by() -> None:
    others = document(
        Effect="Deny",
        Principal="*",
        Action="s3:*",
        Resource="*",
        Condition={"StringNotEquals": {"aws:PrincipalAccount": "1"}},
    )
    assert allows([READS, others], "s3:GetObject", "arn:aws:s3:::a/b")
    assert not denies([others], "s3:GetObject", "*")


def test_a_trust_policy_admits_the_principals_that_it_names() -> None:
    trust = document(Effect="Allow", Principal={"Service": BACKUP}, Action="sts:AssumeRole")
    assert allows([trust], "sts:AssumeRole", "*", BACKUP)
    assert not allows([trust], "sts:AssumeRole", "*", "ec2.amazonaws.com")


def test_only_a_denial_of_everybody_denies() -> None:
    everybody = document(Effect="Deny", Principal={"AWS": "*"}, Action=["a:B"], Resource="*")
    somebody = document(Effect="Deny", Principal={"AWS": "arn:x"}, Action=["a:B"], Resource="*")
    assert denies([everybody], "a:B", "*")
    assert not denies([somebody], "a:B", "*")
    assert not denies([everybody], "a:C", "*")
