"""Replication groups that use a subnet or security group, which AWS then refuses to delete."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


def _backend(backend: Any) -> Any:
    """ElastiCache's backend in the same account and region; None until moto imports it."""
    models = sys.modules.get("moto.elasticache.models")
    if models is None:
        return None
    return models.elasticache_backends[backend.account_id][backend.region_name]


def users_of_subnet(backend: Any, subnet_id: str) -> Iterator[str]:
    caches = _backend(backend)
    for group in caches.replication_groups.values() if caches else ():
        subnets = caches.cache_subnet_groups.get(group.cache_subnet_group_name)
        if subnets and any(subnet_id == s["subnet_identifier"] for s in subnets.subnets):
            yield str(group.arn)


def users_of_security_group(backend: Any, group_id: str) -> Iterator[str]:
    caches = _backend(backend)
    for group in caches.replication_groups.values() if caches else ():
        if group_id in (group.security_group_ids or []):
            yield str(group.arn)
