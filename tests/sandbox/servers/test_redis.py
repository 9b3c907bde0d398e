"""The real Redis server behind a node: TLS, users, parameters, replication."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.exceptions import NoPermissionError
from redis.retry import Retry

from sandbox.emulator.elasticache.servers import RedisPlane
from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.redis.parameters import RESERVED_MEMORY, parameters
from sandbox.servers.redis.server import (
    AclUser,
    RedisServer,
    RedisServerError,
    Settings,
    digest,
)

PASSWORD, OLDER = "a-password-that-is-long-enough", "an-older-password-that-still-works"
LIMITER = AclUser(
    "limiter",
    "on ~rl:* resetchannels -@all +get +set +incr +incrby +ping +hello +auth +info",
    (digest(PASSWORD), digest(OLDER)),
)
SETTINGS = Settings({"maxmemory-policy": "noeviction", "timeout": "0"}, 64 * 1024**2, (LIMITER,))
PLACE = ("us-east-1", "group")


@pytest.fixture(scope="module")
def plane(paths: SandboxPaths, authority: CertificateAuthority) -> Iterator[RedisPlane]:
    made = RedisPlane(paths, authority)
    made.converge(PLACE, ["group-001", "group-002"], SETTINGS)
    yield made
    made.destroy_all()
    assert processes.find(paths, processes.SERVER) == []
    assert list(processes.directories(paths)) == []


@pytest.fixture(autouse=True)
def settings(plane: RedisPlane) -> None:
    plane.converge(PLACE, ["group-001", "group-002"], SETTINGS)


def primary(plane: RedisPlane) -> RedisServer:
    return plane.servers(PLACE)[0]


def client(
    paths: SandboxPaths, server: RedisServer, password: str | None = PASSWORD, **options: Any
) -> Any:
    assert server.port is not None
    tls = {"ssl": True, "ssl_ca_certs": str(paths.ca_certificate)}
    return redis.Redis(
        host="127.0.0.1",
        port=server.port,
        username="limiter" if password else None,
        password=password,
        decode_responses=True,
        retry=Retry(NoBackoff(), 0),  # a refused login is what some tests are for
        **{**tls, **options},
    )


def test_a_user_logs_in_over_tls_and_runs_what_it_may(
    paths: SandboxPaths, plane: RedisPlane
) -> None:
    with client(paths, primary(plane)) as limiter:
        limiter.set("rl:one", 1)
        assert limiter.incr("rl:one") == 2


def test_the_certificate_is_of_the_sandboxs_own_authority(
    paths: SandboxPaths, plane: RedisPlane
) -> None:
    stranger = paths.directory / "stranger.pem"
    CertificateAuthority("stranger").write(stranger)
    with (
        client(paths, primary(plane), ssl_ca_certs=str(stranger)) as limiter,
        pytest.raises(redis.ConnectionError) as refused,
    ):
        limiter.ping()
    assert isinstance(refused.value.__cause__ or refused.value.__context__, ssl.SSLError)


def test_a_connection_without_tls_is_refused(paths: SandboxPaths, plane: RedisPlane) -> None:
    with client(paths, primary(plane), ssl=False) as plain, pytest.raises(redis.ConnectionError):
        plain.ping()


def test_both_passwords_of_a_user_work_and_no_other(paths: SandboxPaths, plane: RedisPlane) -> None:
    for password in (PASSWORD, OLDER):
        with client(paths, primary(plane), password) as limiter:
            assert limiter.ping()
    with (
        client(paths, primary(plane), "another-password-altogether") as limiter,
        pytest.raises(redis.AuthenticationError),
    ):
        limiter.ping()


@pytest.mark.parametrize("command", ["FLUSHALL", "CONFIG GET *", "GET session:1", "ACL WHOAMI"])
def test_a_command_that_the_user_may_not_run_is_refused(
    paths: SandboxPaths, plane: RedisPlane, command: str
) -> None:
    with client(paths, primary(plane)) as limiter, pytest.raises(NoPermissionError):
        limiter.execute_command(*command.split())


def test_commands_before_a_login_are_refused(paths: SandboxPaths, plane: RedisPlane) -> None:
    server = primary(plane)
    with (
        client(paths, server, None) as anonymous,
        pytest.raises(redis.AuthenticationError),
    ):
        anonymous.ping()


def test_a_replica_receives_writes_and_accepts_none(paths: SandboxPaths, plane: RedisPlane) -> None:
    first, second = plane.servers(PLACE)
    assert second.streams()
    with client(paths, first) as writer, client(paths, second) as reader:
        writer.set("rl:copied", "yes")
        with first.administrator() as administrator:
            assert administrator.wait(1, 10_000) == 1
        assert reader.get("rl:copied") == "yes"
        with pytest.raises(redis.ReadOnlyError):
            reader.set("rl:copied", "no")


def test_changed_parameters_take_effect_on_every_node_and_can_be_reverted(
    plane: RedisPlane,
) -> None:
    changed = replace(SETTINGS, parameters={"maxmemory-policy": "allkeys-lru", "timeout": "60"})
    plane.converge(PLACE, ["group-001", "group-002"], changed)
    for server in plane.servers(PLACE):
        assert server.configured("maxmemory-policy") == "allkeys-lru"
        assert server.configured("timeout") == "60"
        assert server.configured("maxmemory") == str(64 * 1024**2)
    plane.converge(PLACE, ["group-001", "group-002"], replace(SETTINGS, parameters={}))
    for server in plane.servers(PLACE):
        assert server.configured("timeout") == "0"
        assert server.configured("maxmemory-policy") == "volatile-lru"  # ElastiCache's default


def test_a_deleted_user_can_no_longer_log_in(paths: SandboxPaths, plane: RedisPlane) -> None:
    plane.converge(PLACE, ["group-001", "group-002"], replace(SETTINGS, users=()))
    for server in plane.servers(PLACE):
        with client(paths, server) as limiter, pytest.raises(redis.AuthenticationError):
            limiter.ping()


def test_a_group_grows_and_shrinks_without_losing_its_primary(plane: RedisPlane) -> None:
    before = primary(plane).port
    plane.converge(PLACE, ["group-001", "group-002", "group-003"], SETTINGS)
    assert [server.streams() for server in plane.servers(PLACE)] == [False, True, True]
    plane.converge(PLACE, ["group-001"], SETTINGS)
    assert [server.port for server in plane.servers(PLACE)] == [before]


def test_an_access_string_that_redis_does_not_know_is_refused(plane: RedisPlane) -> None:
    wrong = replace(LIMITER, access="on ~* -@all +nothing")
    with pytest.raises(RedisServerError, match="nothing"):
        plane.converge(PLACE, ["group-001", "group-002"], replace(SETTINGS, users=(wrong,)))


def test_a_group_that_cannot_be_created_leaves_no_server_behind(
    paths: SandboxPaths, plane: RedisPlane
) -> None:
    running = len(processes.find(paths, processes.SERVER))
    wrong = replace(SETTINGS, parameters={"maxmemory-policy": "never"})
    with pytest.raises(RedisServerError):
        plane.converge(("us-east-1", "other"), ["other-001"], wrong)
    assert len(processes.find(paths, processes.SERVER)) == running
    assert plane.servers(("us-east-1", "other")) == []


def test_the_catalog_holds_parameters_that_the_server_has_with_values_that_it_takes(
    plane: RedisPlane,
) -> None:
    server = primary(plane)
    for name, kind in parameters().items():
        if name == RESERVED_MEMORY:
            continue
        values = kind.words or [f"{bound:.0f}" for bound in kind.range or ()]
        # a limit that only holds together with another parameter's is not this one's
        for value in (
            [each for each in values if abs(float(each)) < 2**53] if kind.range else values
        ):
            if name.startswith("active-defrag-"):
                assert kind.admits(server.configured(name))
                continue
            server.apply(replace(SETTINGS, parameters={name: value}))
            assert server.configured(name) == value


def test_no_password_is_in_a_file_or_in_the_process_list(
    paths: SandboxPaths, plane: RedisPlane
) -> None:
    server = primary(plane)
    secret = server._password
    commands = [" ".join(p.cmdline()) for p in processes.find(paths, processes.SERVER)]
    assert len(commands) == 2
    assert not [command for command in commands if secret in command]
    files = [path for path in server.directory.rglob("*") if path.is_file()]
    assert len(files) >= 4
    assert not [path for path in files if secret.encode() in path.read_bytes()]
