"""Who may read the estate's secret."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from tests.estate.changes.services import Change, client
from tests.sandbox.providers.engine_client import Live


def reading(*principals: str) -> str:
    """A policy that denies a secret to all but these."""
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Deny",
                    "Principal": "*",
                    "Action": "secretsmanager:GetSecretValue",
                    "Resource": "*",
                    "Condition": {"ArnNotLike": {"aws:PrincipalArn": list(principals)}},
                }
            ],
        }
    )


ROOT = "arn:aws:iam::123456789012:root"


def build(make: Callable[..., Live], prefix: str, made: Mapping[str, Live]) -> None:
    make(
        "secret-policy",
        "aws:secretsmanager/secretPolicy:SecretPolicy",
        secretArn=made["secret"].id,
        policy=reading(ROOT),
        blockPublicPolicy=True,
    )


CHANGES: dict[str, dict[str, Change]] = {
    "aws:secretsmanager/secretPolicy:SecretPolicy": {
        "policy": lambda state: client("secretsmanager").put_resource_policy(
            SecretId=state["secretArn"], ResourcePolicy=reading("arn:aws:iam::123456789012:role/*")
        )
    }
}
