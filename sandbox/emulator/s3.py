"""Corrects moto's S3: bucket names and policy conditions (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

import json
import re
from typing import Any

from moto.s3.exceptions import InvalidBucketName
from moto.s3.models import FakeBucket, S3Backend

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_NAME = re.compile(r"(?!xn--|\d+\.\d+\.\d+\.\d+$)[a-z0-9](?:[a-z0-9-]|\.(?!\.)){1,61}[a-z0-9]")


def patch(_plane: DataPlane) -> None:
    # moto accepts bucket names with capitals or underscores, and IP addresses as names.
    @wrap_method(S3Backend, "create_bucket")
    def create(original: Method, backend: Any, bucket_name: str, *rest: Any, **named: Any) -> Any:
        if not _NAME.fullmatch(bucket_name):
            raise InvalidBucketName()
        return original(backend, bucket_name, *rest, **named)

    # moto ignores the conditions of statements. Here all traffic stays on this machine and counts
    # as encrypted; other conditions can't be evaluated.
    @wrap_method(FakeBucket, "get_permission")
    def permission(original: Method, bucket: Any, action: str, resource: str) -> Any:
        whole = bucket.policy
        try:
            bucket.policy = _unconditional(whole)
            return original(bucket, action, resource)
        finally:
            bucket.policy = whole


def _unconditional(policy: bytes | None) -> bytes | None:
    if policy is None:
        return None
    document = json.loads(policy)
    statements = document["Statement"]
    listed = statements if isinstance(statements, list) else [statements]
    left = [statement for statement in listed if "Condition" not in statement]
    return json.dumps({**document, "Statement": left}).encode() if left else None
