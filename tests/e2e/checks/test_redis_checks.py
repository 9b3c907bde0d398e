"""The checks of Redis after `up` really notice: groups made by plain boto3, then sabotaged."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import redis

from acceptance import logins
from acceptance import redis as redis_checks
from ops.sandbox import connection_variables
from sandbox import variables as environment
from sandbox.clients import aws_client
from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from sandbox.servers import processes

PASSWORD = "a-password-of-the-trial"
COMMANDS = "+get +set +info +ping +hello +auth"
GROUP_OF = {"cache": "cache", "sessions": "state", "ratelimits": "state"}


@dataclass(frozen=True)
class Estate:
    paths: SandboxPaths
    endpoint: str
    outputs: dict[str, Any]

    def aws(self, service: str) -> Any:
        return aws_client(service, environment.aws_variables(self.endpoint))

    def red(self) -> dict[str, str]:
        """What the failed checks found, by name."""
        done = redis_checks.checks(
            self.outputs,
            str(self.paths.ca_certificate),
            self.aws("secretsmanager"),
            self.aws("elasticache"),
        )
        return {check.name: check.actual for check in done if not check.passed}

    def grant(self, user: str, access: str) -> None:
        self.aws("elasticache").modify_user(UserId=user, AccessString=access)


def access_of(user: str) -> str:
    return f"on ~{redis_checks.KEY_PREFIXES[user]}* resetchannels -@all {COMMANDS}"


@pytest.fixture(scope="module")
def estate(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estate]:
    paths = SandboxPaths("production", Path(tmp_path_factory.mktemp("checks")))
    emulator = client.ensure(paths)
    made = Estate(paths, emulator.endpoint, {})
    try:
        made.outputs["redis"] = build(made)
        yield made
    finally:
        client.stop(paths)


def build(estate: Estate) -> dict[str, Any]:
    elasticache, secrets = estate.aws("elasticache"), estate.aws("secretsmanager")
    users, groups = {}, {}
    user = {"Engine": "redis", "Passwords": [PASSWORD]}
    elasticache.create_user(UserId="nobody", UserName="default", AccessString="off -@all", **user)
    for key, group in GROUP_OF.items():
        name = f"nexusflow_{key}"
        elasticache.create_user(UserId=key, UserName=name, AccessString=access_of(key), **user)
        content = json.dumps({"username": name, "password": PASSWORD})
        arn = secrets.create_secret(Name=name, SecretString=content)["ARN"]
        users[key] = {"group": group, "secret_arn": arn}
    for purpose, policy in (("cache", "allkeys-lru"), ("state", "noeviction")):
        elasticache.create_cache_parameter_group(
            CacheParameterGroupName=purpose, CacheParameterGroupFamily="redis7", Description="trial"
        )
        set_policy(estate, purpose, policy)
        elasticache.create_user_group(
            UserGroupId=purpose,
            Engine="redis",
            UserIds=["nobody", *(key for key, group in GROUP_OF.items() if group == purpose)],
        )
        made = elasticache.create_replication_group(
            ReplicationGroupId=purpose,
            ReplicationGroupDescription="trial",
            CacheNodeType="cache.t4g.small",
            NumCacheClusters=2,
            CacheParameterGroupName=purpose,
            UserGroupIds=[purpose],
            TransitEncryptionEnabled=True,
        )["ReplicationGroup"]
        primary = made["NodeGroups"][0]["PrimaryEndpoint"]
        groups[purpose] = {
            "identifier": purpose,
            "address": primary["Address"],
            "port": primary["Port"],
        }
    return {"groups": groups, "users": users}


def set_policy(estate: Estate, purpose: str, policy: str) -> None:
    estate.aws("elasticache").modify_cache_parameter_group(
        CacheParameterGroupName=purpose,
        ParameterNameValues=[{"ParameterName": "maxmemory-policy", "ParameterValue": policy}],
    )


def test_what_is_as_it_should_be_is_green(estate: Estate) -> None:
    assert estate.red() == {}


@pytest.mark.parametrize(
    ("access", "red"),
    [
        (
            f"on ~session:* resetchannels -@all {COMMANDS} +flushall",
            {"nexusflow_sessions may not FLUSHALL": "FLUSHALL succeeded"},
        ),
        (
            f"on ~* resetchannels -@all {COMMANDS}",
            {"nexusflow_sessions reaches its own keys only": "GET another:key succeeded"},
        ),
    ],
)
def test_a_user_that_may_too_much_is_noticed(
    estate: Estate, access: str, red: dict[str, str]
) -> None:
    estate.grant("sessions", access)
    assert estate.red() == red
    estate.grant("sessions", access_of("sessions"))


def test_a_user_that_can_not_log_in_is_noticed(estate: Estate) -> None:
    estate.grant("cache", access_of("cache").replace("on ", "off ", 1))
    assert {
        "nexusflow_cache logs in over TLS",
        "redis cache: eviction policy",
    } <= estate.red().keys()
    estate.grant("cache", access_of("cache"))


def test_a_group_that_evicts_what_it_must_keep_is_noticed(estate: Estate) -> None:
    set_policy(estate, "state", "volatile-lru")
    assert estate.red() == {"redis state: eviction policy": "volatile-lru"}
    set_policy(estate, "state", "noeviction")


@dataclass(frozen=True)
class Mixed(Estate):
    """One member is said to be of another version: the sandbox itself has servers of one line."""

    def aws(self, service: str) -> Any:
        client = super().aws(service)
        if service == "elasticache":
            truly = client.describe_cache_clusters

            def described(CacheClusterId: str) -> Any:  # noqa: N803 - AWS's name
                answer = truly(CacheClusterId=CacheClusterId)
                if CacheClusterId == "cache-002":
                    answer["CacheClusters"][0]["EngineVersion"] = "6.2.6"
                return answer

            client.describe_cache_clusters = described
        return client


def test_a_member_of_another_version_is_noticed(estate: Estate) -> None:
    mixed = Mixed(estate.paths, estate.endpoint, estate.outputs)
    assert mixed.red() == {"redis cache: version": "6 / 7"}


def test_a_group_that_is_gone_is_noticed(estate: Estate) -> None:
    gone = {**estate.outputs["redis"]["groups"]["cache"], "port": 1, "identifier": "gone"}
    groups = {**estate.outputs["redis"]["groups"], "cache": gone}
    outputs = {"redis": {**estate.outputs["redis"], "groups": groups}}
    red = Estate(estate.paths, estate.endpoint, outputs).red()
    assert "redis cache: eviction policy" in red
    assert not [text for text in red.values() if PASSWORD in text]


def test_every_user_has_a_url_that_a_client_can_use_as_it_is(estate: Estate) -> None:
    variables = environment.aws_variables(estate.endpoint)
    ca_certificate = str(estate.paths.ca_certificate)
    found = connection_variables._redis(estate.outputs, ca_certificate, variables)[
        "REDIS_URLS"
    ].split(",")
    for user, url in zip(sorted(GROUP_OF), found, strict=True):
        with redis.Redis.from_url(url) as connection:
            assert connection.set(f"{redis_checks.KEY_PREFIXES[user]}url", 1, ex=60)
    assert connection_variables._redis({}, ca_certificate, variables) == {}


def test_a_login_shows_no_password(estate: Estate) -> None:
    secrets = estate.aws("secretsmanager")
    login = logins.redis_login("cache", estate.outputs["redis"], "ca.pem", secrets)
    assert PASSWORD not in repr(login)


def test_the_servers_of_a_killed_emulator_are_ended_by_the_next_command(tmp_path: Path) -> None:
    paths = SandboxPaths("killed", tmp_path)
    emulator = client.ensure(paths)
    try:
        Estate(paths, emulator.endpoint, {}).aws("elasticache").create_replication_group(
            ReplicationGroupId="left",
            ReplicationGroupDescription="left behind",
            CacheNodeType="cache.t4g.small",
            NumCacheClusters=2,
        )
        os.kill(emulator.pid, signal.SIGKILL)
        assert len(processes.find(paths, processes.SERVER)) == 2
    finally:
        client.stop(paths)
    assert processes.find(paths, processes.SERVER) == []
    assert list(processes.directories(paths)) == []
