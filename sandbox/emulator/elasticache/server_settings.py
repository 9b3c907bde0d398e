"""The settings of a replication group's servers, from its parameter group and users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sandbox.emulator.elasticache import store
from sandbox.emulator.elasticache.servers import GroupKey
from sandbox.emulator.rds.servers import DataPlane
from sandbox.servers.redis.parameters import RESERVED_MEMORY, node_memory
from sandbox.servers.redis.server import (
    AclUser,
    RedisServerError,
    Settings,
    digest,
)

_RESERVED_PERCENT = 25


def group_key(backend: Any, group: Any) -> GroupKey:
    return backend.region_name, group.replication_group_id


def settings(backend: Any, group: Any) -> Settings:
    values = store.parameter_group(backend, group.cache_parameter_group_name).values
    reserved = int(values.get(RESERVED_MEMORY, _RESERVED_PERCENT))
    memory = node_memory(group.cache_node_type) * (100 - reserved) // 100
    return Settings(dict(values), memory, tuple(_users(backend, group)))


def _users(backend: Any, group: Any) -> Iterable[AclUser]:
    for name in group.user_group_ids:
        for user_id in store.user_group(backend, name).user_ids:
            user = backend.users[user_id]
            digests = tuple(digest(password) for password in user.passwords)
            yield AclUser(user.name, user.access_string, digests, bool(user.no_password_required))
    if not group.user_group_ids:
        yield AclUser("default", "on ~* &* +@all", (), needs_no_password=True)


def converge(plane: DataPlane, backend: Any, group: Any) -> None:
    """Brings the servers in line with the group's description, and describes their endpoints."""
    key = group_key(backend, group)
    try:
        plane.redis.converge(key, group.member_clusters, settings(backend, group))
    except RedisServerError as error:
        raise store.invalid_value(str(error).splitlines()[0]) from None
    servers = plane.redis.servers(key)
    endpoints = [{"address": "127.0.0.1", "port": server.port} for server in servers]
    azs = group.preferred_zones
    members = [
        {
            "cache_cluster_id": server.identifier,
            "cache_node_id": "0001",
            "current_role": "replica" if server.source else "primary",
            "read_endpoint": endpoint,
            "preferred_availability_zone": azs[number % len(azs)],
        }
        for number, (server, endpoint) in enumerate(zip(servers, endpoints, strict=True))
    ]
    # the reader endpoint of a group with one node is its primary
    group.node_groups = [
        {
            "node_group_id": "0001",
            "status": "available",
            "primary_endpoint": endpoints[0],
            "reader_endpoint": endpoints[-1],
            "node_group_members": members,
        }
    ]


def converge_all(plane: DataPlane, backend: Any, groups: Iterable[Any]) -> None:
    for group in list(groups):
        converge(plane, backend, group)


def users_of_group(backend: Any, user_group: str) -> list[Any]:
    """The replication groups that a user group is associated with."""
    return [g for g in backend.replication_groups.values() if user_group in g.user_group_ids]
