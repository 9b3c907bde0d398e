"""The package mirror: a private, versioned and encrypted bucket that requires TLS."""

from __future__ import annotations

import json

import pytest

from tests.components.recording import ROOT, Run, run_program


@pytest.fixture(scope="module")
def foundation() -> Run:
    return run_program(ROOT / "foundation", "production")


def test_the_mirror_is_closed_to_the_public(foundation: Run) -> None:
    block = foundation.one("aws:s3/bucketPublicAccessBlock:BucketPublicAccessBlock").inputs
    assert {value for key, value in block.items() if key != "bucket"} == {True}
    owner = foundation.one("aws:s3/bucketOwnershipControls:BucketOwnershipControls").inputs
    assert owner["rule"] == {"objectOwnership": "BucketOwnerEnforced"}


def test_the_mirror_requires_tls(foundation: Run) -> None:
    policy = json.loads(foundation.one("aws:s3/bucketPolicy:BucketPolicy").inputs["policy"])
    (statement,) = policy["Statement"]
    arn = "arn:aws:s3:::nexusflow-production-packages-123456789012"
    assert (statement["Effect"], statement["Resource"]) == ("Deny", [arn, f"{arn}/*"])
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_mirror_is_versioned_encrypted_and_expires_old_versions(foundation: Run) -> None:
    versioning = foundation.one("aws:s3/bucketVersioning:BucketVersioning").inputs
    assert versioning["versioningConfiguration"] == {"status": "Enabled"}
    encryption = foundation.one(
        "aws:s3/bucketServerSideEncryptionConfiguration:BucketServerSideEncryptionConfiguration"
    ).inputs
    default = encryption["rules"][0]["applyServerSideEncryptionByDefault"]
    assert default == {"sseAlgorithm": "AES256"}
    lifecycle = foundation.one(
        "aws:s3/bucketLifecycleConfiguration:BucketLifecycleConfiguration"
    ).inputs
    (rule,) = lifecycle["rules"]
    assert rule["noncurrentVersionExpiration"] == {"noncurrentDays": 90}
