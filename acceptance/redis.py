"""Checks of Redis: access of its users, version and eviction policy of its groups, replication."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from redis.exceptions import NoPermissionError

from acceptance import documented, logins
from acceptance.attempt import check
from acceptance.logins import RedisLogin
from engine.result import Check
from sandbox.polling import wait_until

UserLogin = Callable[[str], RedisLogin]
"""Key of a user in the stack outputs -> its login."""

KEY_PREFIXES = {"cache": "cache:", "sessions": "session:", "ratelimits": "rl:"}
"""User -> the prefix of the keys that it may access."""
FORBIDDEN_COMMAND = "FLUSHALL"
REPLICATION_TIMEOUT_S = 10
KEY_LIFETIME_S = 60


def checks(
    outputs: Mapping[str, Any], ca_certificate: str, secrets_manager: Any, elasticache: Any
) -> Iterator[Check]:
    def login(user: str) -> RedisLogin:
        return logins.redis_login(user, outputs["redis"], ca_certificate, secrets_manager)

    for user in KEY_PREFIXES:
        yield from _user_checks(user, login)
    for group, policy in documented.REDIS_EVICTION.items():
        user = _user_of(outputs, group)
        yield check(
            f"redis {group}: version",
            documented.MAJOR_VERSIONS["redis"],
            partial(_major_version, outputs, group, elasticache),
        )
        yield check(f"redis {group}: eviction policy", policy, partial(_eviction, login, user))
        for member in _replicas(outputs, group, elasticache):
            yield check(
                f"replication to {member['CacheClusterId']}",
                "streaming",
                partial(_replication, login, user, member["ReadEndpoint"]),
            )


def _user_checks(user: str, login: UserLogin) -> Iterator[Check]:
    name = f"nexusflow_{user}"
    yield check(f"{name} logs in over TLS", f"TLS as {name}", partial(_write_and_read, login, user))
    yield check(
        f"{name} may not {FORBIDDEN_COMMAND}",
        "permission denied",
        partial(_denied, login, user, FORBIDDEN_COMMAND),
    )
    yield check(
        f"{name} reaches its own keys only",
        "permission denied",
        partial(_denied, login, user, "GET", "another:key"),
    )


def _user_of(outputs: Mapping[str, Any], group: str) -> str:
    """A user of the group; the group's own name where the outputs have none, so that the login
    fails with it."""
    users = outputs.get("redis", {}).get("users", {})
    return next((user for user in KEY_PREFIXES if users.get(user, {}).get("group") == group), group)


def _described(outputs: Mapping[str, Any], group: str, elasticache: Any) -> Any:
    identifier = outputs["redis"]["groups"][group]["identifier"]
    answer = elasticache.describe_replication_groups(ReplicationGroupId=identifier)
    return answer["ReplicationGroups"][0]


def _major_version(outputs: Mapping[str, Any], group: str, elasticache: Any) -> str:
    """The major version that all members share; else every version among them."""
    members = [
        elasticache.describe_cache_clusters(CacheClusterId=identifier)["CacheClusters"][0]
        for identifier in _described(outputs, group, elasticache)["MemberClusters"]
    ]
    return " / ".join(sorted({member["EngineVersion"].partition(".")[0] for member in members}))


def _replicas(outputs: Mapping[str, Any], group: str, elasticache: Any) -> list[Any]:
    """The group's replicas; none where it can't be described, which its other checks report."""
    try:
        described = _described(outputs, group, elasticache)
        members = described["NodeGroups"][0]["NodeGroupMembers"]
    except Exception:  # noqa: BLE001 - whatever it is, it fails the group's other checks as well
        return []
    return [member for member in members if member["CurrentRole"] == "replica"]


def _new_key(user: str) -> str:
    return f"{KEY_PREFIXES[user]}check-{secrets.token_hex(8)}"


def _write_and_read(login: UserLogin, user: str) -> str:
    """Writes an expiring key and reads it back. The servers accept no connection without TLS."""
    own, key = login(user), _new_key(user)
    with own.connect() as connection:
        connection.set(key, "1", ex=KEY_LIFETIME_S)
        value = connection.get(key)
    return f"TLS as {own.user}" if value == "1" else f"{key} is {value}"


def _denied(login: UserLogin, user: str, *command: str) -> str:
    with login(user).connect() as connection:
        try:
            connection.execute_command(*command)
        except NoPermissionError:
            return "permission denied"
    return f"{' '.join(command)} succeeded"


def _eviction(login: UserLogin, user: str) -> str:
    with login(user).connect() as connection:
        return str(connection.info("memory")["maxmemory_policy"])


def _replication(login: UserLogin, user: str, endpoint: Mapping[str, Any]) -> str:
    """`streaming` once a key written to the primary is on the replica and its link is up."""
    primary, key = login(user), _new_key(user)
    replica = replace(primary, host=str(endpoint["Address"]), port=int(endpoint["Port"]))
    with primary.connect() as writer, replica.connect() as reader:
        writer.set(key, "1", ex=KEY_LIFETIME_S)
        if not wait_until(lambda: reader.get(key) == "1", REPLICATION_TIMEOUT_S):
            return f"{key} did not arrive within {REPLICATION_TIMEOUT_S} s"
        link = reader.info("replication")["master_link_status"]
    return "streaming" if link == "up" else f"its link is {link}"
