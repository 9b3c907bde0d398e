"""Nodes of the estate's replication group: their addresses, logins, and changed inputs."""

from __future__ import annotations

from typing import Any

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from sandbox.paths import SandboxPaths
from tests.estate.changes.services import client as api
from tests.estate.resources import elasticache
from tests.sandbox.providers.engine_client import Live


def members(made: dict[str, Live]) -> list[dict[str, Any]]:
    answer = api("elasticache").describe_replication_groups(
        ReplicationGroupId=made["cache-group"].id
    )
    found: list[dict[str, Any]] = answer["ReplicationGroups"][0]["NodeGroups"][0][
        "NodeGroupMembers"
    ]
    return found


def connect(
    paths: SandboxPaths, endpoint: dict[str, Any], password: str = elasticache.PASSWORD
) -> Any:
    return redis.Redis(
        host=endpoint["Address"],
        port=endpoint["Port"],
        username="limiter",
        password=password,
        ssl=True,
        ssl_ca_certs=str(paths.ca_certificate),
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),  # a refused login is what some tests are for
    )


def changed(live: Live, **inputs: Any) -> dict[str, Any]:
    return {**live.inputs, **inputs}
