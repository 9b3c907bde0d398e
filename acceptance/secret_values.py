"""JSON documents in Secrets Manager."""

from __future__ import annotations

import json
from typing import Any


def read(secrets_manager: Any, arn: str) -> dict[str, Any]:
    """The document that a secret's current version holds; `secrets_manager` is a boto3 client."""
    answer = secrets_manager.get_secret_value(SecretId=arn)
    document: dict[str, Any] = json.loads(answer["SecretString"])
    return document
