"""boto3 clients for the emulated AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import boto3


def aws_client(service: str, variables: Mapping[str, str]) -> Any:
    """A client from the given variables alone, whatever the caller's own AWS settings are."""
    session = boto3.Session(
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        region_name=variables["AWS_REGION"],
    )
    return session.client(service, endpoint_url=variables["AWS_ENDPOINT_URL"])
