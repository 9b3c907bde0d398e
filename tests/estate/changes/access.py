"""A change by plain boto3 of who may read a secret."""

from __future__ import annotations

from tests.estate.changes.services import Change, client
from tests.estate.resources.access import reading

BY_TOKEN: dict[str, dict[str, Change]] = {
    "aws:secretsmanager/secretPolicy:SecretPolicy": {
        "policy": lambda state: client("secretsmanager").put_resource_policy(
            SecretId=state["secretArn"], ResourcePolicy=reading("arn:aws:iam::123456789012:role/*")
        )
    }
}
