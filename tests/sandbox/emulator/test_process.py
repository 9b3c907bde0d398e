"""The emulator's process: found again, alone, its ledger, its end, and what a kill leaves."""

from __future__ import annotations

import json
import os
import signal
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import psutil
import psycopg
import pytest

from sandbox.emulator import client
from sandbox.paths import SandboxPaths
from sandbox.servers import processes

PASSWORD = "Canary-Password-7"


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxPaths]:
    """For the tests that leave their emulator alive."""
    paths = SandboxPaths("shared", tmp_path_factory.mktemp("project"))
    yield paths
    client.stop(paths)


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[SandboxPaths]:
    paths = SandboxPaths("life", tmp_path)
    yield paths
    client.stop(paths)


def call(emulator: client.Emulator, method: str, path: str, body: object = None) -> tuple[int, Any]:
    request = urllib.request.Request(  # noqa: S310 - the emulator's own endpoint
        f"{emulator.endpoint}{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:  # noqa: S310
            text = answer.read()
            return answer.status, json.loads(text) if text else None
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.loads(error.read() or b"null")


def aws(emulator: client.Emulator, service: str) -> Any:
    return boto3.client(
        service,
        endpoint_url=emulator.endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )


def create_instance(emulator: client.Emulator, name: str = "db") -> None:
    aws(emulator, "rds").create_db_instance(
        DBInstanceIdentifier=name,
        DBInstanceClass="db.r6g.large",
        Engine="postgres",
        EngineVersion="15",
        AllocatedStorage=20,
        MasterUsername="master",
        MasterUserPassword=PASSWORD,
    )


def wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 10
    while psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline, f"process {pid} lives on"
        time.sleep(0.02)


def test_it_starts_within_two_seconds_and_is_found_again(shared: SandboxPaths) -> None:
    before = time.monotonic()
    first = client.ensure(shared)
    assert time.monotonic() - before < 2 * 2  # twice the promise: CI's two cores are shared
    assert first.started
    again = client.ensure(shared)
    assert (again.endpoint, again.pid, again.started) == (first.endpoint, first.pid, False)
    assert client.running(shared) == again
    status, health = call(first, "GET", "/_sandbox/health")
    expected = {"environment": "shared", "pid": first.pid, "dead_servers": []}
    assert (status, health) == (200, expected)


def test_the_ledger_keeps_objects_by_region_token_and_id(shared: SandboxPaths) -> None:
    emulator = client.ensure(shared)
    key = "/_sandbox/ledger?region=us-east-1&token=aws:ec2/vpc:Vpc&id=vpc-1"
    assert call(emulator, "GET", key)[0] == 404
    assert call(emulator, "PUT", key, {"tags": {"Name": "x"}}) == (204, None)
    assert call(emulator, "GET", key) == (200, {"tags": {"Name": "x"}})
    assert call(emulator, "GET", "/_sandbox/ledger")[1] == [
        {"region": "us-east-1", "token": "aws:ec2/vpc:Vpc", "id": "vpc-1"}
    ]
    assert call(emulator, "PUT", key, ["no object"])[0] == 400
    assert call(emulator, "GET", "/_sandbox/ledger?region=us-east-1")[0] == 400
    assert call(emulator, "DELETE", key)[0] == 204
    assert call(emulator, "DELETE", key)[0] == 404


def test_two_environments_run_side_by_side(shared: SandboxPaths, tmp_path: Path) -> None:
    other = SandboxPaths("other", tmp_path)
    try:
        one, two = client.ensure(shared), client.ensure(other)
        assert one.endpoint != two.endpoint
        create_instance(one)
        create_instance(two)
        client.stop(other)
        assert [s["identifier"] for s in call(one, "GET", "/_sandbox/servers")[1]] == ["db"]
        assert not processes.find(other, processes.SERVER)
    finally:
        client.stop(other)


def test_a_killed_server_is_reported_and_started_again_with_its_data(
    paths: SandboxPaths,
) -> None:
    emulator = client.ensure(paths)
    create_instance(emulator)
    assert client.healthy(emulator)
    assert client.resume(emulator) == []
    (server,) = processes.find(paths, processes.SERVER)
    (before,) = call(emulator, "GET", "/_sandbox/servers")[1]
    with psycopg.connect(before["superuser_url"]) as connection:
        connection.execute("CREATE TABLE kept (it int)")
    server.send_signal(signal.SIGKILL)
    wait_until_gone(server.pid)
    assert call(emulator, "GET", "/_sandbox/health")[1]["dead_servers"] == ["db"]
    assert not client.healthy(emulator)
    assert client.resume(emulator) == ["db"]
    assert client.healthy(emulator)
    (after,) = call(emulator, "GET", "/_sandbox/servers")[1]
    assert after == before, "at the same address"
    with psycopg.connect(after["superuser_url"]) as connection:
        connection.execute("SELECT it FROM kept")


def test_a_server_that_was_stopped_on_purpose_is_not_dead(paths: SandboxPaths) -> None:
    emulator = client.ensure(paths)
    create_instance(emulator)
    aws(emulator, "rds").stop_db_instance(DBInstanceIdentifier="db")
    assert client.healthy(emulator)
    assert client.resume(emulator) == []


def test_an_emulator_that_ended_is_not_healthy(paths: SandboxPaths) -> None:
    emulator = client.ensure(paths)
    client.stop(paths)
    assert not client.healthy(emulator)
    with pytest.raises(client.EmulatorError, match="does not answer"):
        client.resume(emulator)


def test_stopping_ends_the_servers_and_removes_their_directories(paths: SandboxPaths) -> None:
    create_instance(client.ensure(paths))
    (server,) = processes.find(paths, processes.SERVER)
    assert list(processes.directories(paths))
    client.stop(paths)
    wait_until_gone(server.pid)
    assert not list(processes.directories(paths))
    assert client.running(paths) is None
    client.stop(paths)


def test_sigterm_alone_ends_the_servers_too(paths: SandboxPaths) -> None:
    emulator = client.ensure(paths)
    create_instance(emulator)
    (server,) = processes.find(paths, processes.SERVER)
    os.kill(emulator.pid, signal.SIGTERM)
    wait_until_gone(emulator.pid)
    wait_until_gone(server.pid)
    assert not list(processes.directories(paths))
    assert not paths.emulator_record.exists()


def test_after_kill_9_the_next_start_leaves_no_orphan_and_an_empty_cloud(
    paths: SandboxPaths,
) -> None:
    emulator = client.ensure(paths)
    create_instance(emulator)
    (orphan,) = processes.find(paths, processes.SERVER)
    os.kill(emulator.pid, signal.SIGKILL)
    wait_until_gone(emulator.pid)
    assert orphan.is_running()
    assert client.running(paths) is None
    fresh = client.ensure(paths)
    assert fresh.started
    wait_until_gone(orphan.pid)
    assert not list(processes.directories(paths))
    assert aws(fresh, "rds").describe_db_instances()["DBInstances"] == []


def test_a_record_whose_pid_went_to_another_program_is_stale(paths: SandboxPaths) -> None:
    paths.directory.mkdir(parents=True)
    paths.emulator_record.write_text(
        json.dumps({"pid": os.getpid(), "endpoint": "http://127.0.0.1:9"})
    )
    assert client.running(paths) is None
    assert client.ensure(paths).started


def test_the_log_has_the_calls_but_no_secret(shared: SandboxPaths) -> None:
    emulator = client.ensure(shared)
    create_instance(emulator, "logged")
    aws(emulator, "secretsmanager").create_secret(Name="s", SecretString=PASSWORD)
    call(emulator, "GET", "/_sandbox/ledger?region=canary-query&token=a&id=b")
    with pytest.raises(aws(emulator, "rds").exceptions.ClientError, match="NotImplemented"):
        aws(emulator, "rds").describe_certificates()
    log = shared.emulator_log.read_text()
    assert "secretsmanager.CreateSecret" in log
    assert "GET /_sandbox/ledger" in log
    for secret in (PASSWORD, "canary-query"):
        assert secret not in log


def test_resetting_moto_ends_the_servers_and_empties_the_ledger(shared: SandboxPaths) -> None:
    emulator = client.ensure(shared)
    create_instance(emulator, "reset")
    call(emulator, "PUT", "/_sandbox/ledger?region=r&token=t&id=i", {})
    assert call(emulator, "POST", "/moto-api/reset")[0] == 200
    assert call(emulator, "GET", "/_sandbox/servers")[1] == []
    assert call(emulator, "GET", "/_sandbox/ledger")[1] == []


def test_an_emulator_that_cannot_start_says_why(
    paths: SandboxPaths, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    with pytest.raises(client.EmulatorError, match="The emulator of life did not start"):
        client.ensure(paths)
