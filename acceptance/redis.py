"""Checks of Redis after `up`: the users' logins, each group's eviction policy, its replicas."""

from __future__ import annotations

import secrets as random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from redis.exceptions import NoPermissionError

from acceptance import documented, redis_logins
from acceptance.redis_logins import RedisLogin
from engine.result import Check

Tried = Callable[[str, str, Callable[[], str]], Check]
LoginOf = Callable[[str], RedisLogin]

PREFIXES = {"cache": "cache:", "sessions": "session:", "ratelimits": "rl:"}
"""A key that each user may access."""
FORBIDDEN = "FLUSHALL"
ARRIVES_WITHIN_S = 10
LIFE_S = 60


def checks(
    outputs: Mapping[str, Any], ca_certificate: str, secrets: Any, elasticache: Any, tried: Tried
) -> Iterator[Check]:
    def login_of(user: str) -> RedisLogin:
        return redis_logins.of_user(user, outputs["redis"], ca_certificate, secrets)

    for user in PREFIXES:
        name = f"nexusflow_{user}"
        yield tried(f"{name} logs in over TLS", f"TLS as {name}", partial(_writes, login_of, user))
        yield tried(
            f"{name} may not {FORBIDDEN}", "refused", partial(_refused, login_of, user, FORBIDDEN)
        )
        yield tried(
            f"{name} reaches its own keys only",
            "refused",
            partial(_refused, login_of, user, "GET", "another:key"),
        )
    for purpose, policy in documented.REDIS_EVICTION.items():
        user = _user_of(outputs, purpose)
        yield tried(
            f"redis {purpose}: version",
            documented.MAJOR_VERSIONS["redis"],
            partial(_version, outputs, purpose, elasticache),
        )
        yield tried(f"redis {purpose}: eviction", policy, partial(_eviction, login_of, user))
        for member in _replicas(outputs, purpose, elasticache):
            yield tried(
                f"{member['CacheClusterId']} streams",
                "streaming",
                partial(_streams, login_of, user, member["ReadEndpoint"]),
            )


def _user_of(outputs: Mapping[str, Any], purpose: str) -> str:
    users = outputs.get("redis", {}).get("users", {})
    return next((user for user in PREFIXES if users.get(user, {}).get("group") == purpose), purpose)


def _group(outputs: Mapping[str, Any], purpose: str, elasticache: Any) -> Any:
    identifier = outputs["redis"]["groups"][purpose]["identifier"]
    answer = elasticache.describe_replication_groups(ReplicationGroupId=identifier)
    return answer["ReplicationGroups"][0]


def _version(outputs: Mapping[str, Any], purpose: str, elasticache: Any) -> str:
    """The major version if all members have the same one, else each member's."""
    described = [
        elasticache.describe_cache_clusters(CacheClusterId=member)["CacheClusters"][0]
        for member in _group(outputs, purpose, elasticache)["MemberClusters"]
    ]
    return " / ".join(sorted({each["EngineVersion"].partition(".")[0] for each in described}))


def _replicas(outputs: Mapping[str, Any], purpose: str, elasticache: Any) -> list[Any]:
    """The members that replicate; none if the group can't be described, which the group's other
    checks report."""
    try:
        group = _group(outputs, purpose, elasticache)
        members = group["NodeGroups"][0]["NodeGroupMembers"]
    except Exception:  # noqa: BLE001 - the checks of the logins report it
        return []
    return [member for member in members if member["CurrentRole"] == "replica"]


def _key(user: str) -> str:
    return f"{PREFIXES[user]}check-{random.token_hex(8)}"


def _writes(login_of: LoginOf, user: str) -> str:
    """Sets a key with an expiry and reads it back, over TLS: the servers accept nothing else."""
    login, key = login_of(user), _key(user)
    with login.connect() as connection:
        connection.set(key, "1", ex=LIFE_S)
        found = connection.get(key)
    return f"TLS as {login.user}" if found == "1" else f"{key} is {found}"


def _refused(login_of: LoginOf, user: str, *command: str) -> str:
    with login_of(user).connect() as connection:
        try:
            connection.execute_command(*command)
        except NoPermissionError:
            return "refused"
    return f"{' '.join(command)} was done"


def _eviction(login_of: LoginOf, user: str) -> str:
    with login_of(user).connect() as connection:
        return str(connection.info("memory")["maxmemory_policy"])


def _streams(login_of: LoginOf, user: str, endpoint: Mapping[str, Any]) -> str:
    """Writes to the primary and waits until the replica has it and reports its link as up."""
    login, key = login_of(user), _key(user)
    replica = replace(login, host=str(endpoint["Address"]), port=int(endpoint["Port"]))
    deadline = time.monotonic() + ARRIVES_WITHIN_S
    with login.connect() as writer, replica.connect() as reader:
        writer.set(key, "1", ex=LIFE_S)
        while reader.get(key) != "1":
            if time.monotonic() > deadline:
                return f"{key} has not arrived after {ARRIVES_WITHIN_S} s"
            time.sleep(0.05)
        link = reader.info("replication")["master_link_status"]
    return "streaming" if link == "up" else f"its link is {link}"
