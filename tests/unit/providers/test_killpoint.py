"""The kill hook and the provider process: a run that dies after the service answered."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import psutil
import pytest
from pulumi.runtime.proto import provider_pb2_grpc

from sandbox.paths import PROJECT_ROOT
from sandbox.providers.killpoint import KILL_AT, RUN_PID
from tests.sandbox.providers.engine_client import Engine, ProviderError
from tests.unit.providers.toy_provider import TOKEN, Cloud

# Stands for the CLI: the provider's parent, which passes on the port that the provider prints.
_CLI = (
    "import subprocess, sys; "
    "subprocess.run([sys.executable, '-m', 'tests.unit.providers.toy_provider'])"
)
_SECONDS = 20


@contextmanager
def provider_process(
    cloud: Cloud, **environment: str
) -> Iterator[tuple[Engine, list[psutil.Process]]]:
    """The toy provider under a stand-in for the CLI, beside one for the run."""
    run = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    cli = subprocess.Popen(
        [sys.executable, "-c", _CLI],
        stdout=subprocess.PIPE,
        text=True,
        cwd=PROJECT_ROOT,
        env={**os.environ, RUN_PID: str(run.pid), **environment},
    )
    assert cli.stdout is not None
    assert run.stdin is not None
    processes = [psutil.Process(run.pid), psutil.Process(cli.pid)]
    try:
        port = int(cli.stdout.readline())
        processes += processes[1].children()
        with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
            speaking = Engine(provider_pb2_grpc.ResourceProviderStub(channel))
            speaking.configure(directory=str(cloud.directory))
            yield speaking, processes
    finally:
        for process in processes:
            if _lives(process):
                process.send_signal(signal.SIGKILL)
        run.wait(_SECONDS)
        cli.wait(_SECONDS)
        run.stdin.close()
        cli.stdout.close()


def end_of(processes: list[psutil.Process]) -> bool:
    """Whether all of them end. Init may take its time to bury an orphan: a zombie has ended."""
    deadline = time.monotonic() + _SECONDS
    while any(map(_lives, processes)) and time.monotonic() < deadline:
        time.sleep(0.01)
    return not any(map(_lives, processes))


def _lives(process: psutil.Process) -> bool:
    try:
        return process.is_running() and process.status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


@pytest.mark.parametrize("point", [f"create:{TOKEN}", f"create:{TOKEN}:it"])
def test_the_run_dies_after_the_service_made_the_resource_and_before_it_is_recorded(
    tmp_path: Path, point: str
) -> None:
    cloud = Cloud(tmp_path)
    with provider_process(cloud, **{KILL_AT: point}) as (speaking, processes):
        assert len(processes) == 3
        with pytest.raises(ProviderError):
            speaking.create(TOKEN, {"name": "made"})
        assert end_of(processes)
    assert cloud.names() == ["made"]


@pytest.mark.parametrize(
    "point", [f"delete:{TOKEN}", f"create:{TOKEN}:another", "create:toy:index:Other"]
)
def test_other_points_are_passed_alive(tmp_path: Path, point: str) -> None:
    with provider_process(Cloud(tmp_path), **{KILL_AT: point}) as (speaking, processes):
        live = speaking.create(TOKEN, {"name": "made"})
        assert speaking.update(live, {"name": "made", "size": 2}).state["size"] == 2
        assert all(map(_lives, processes))


def test_updates_have_their_point_too(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    with provider_process(cloud, **{KILL_AT: f"update:{TOKEN}"}) as (speaking, processes):
        live = speaking.create(TOKEN, {"name": "made"})
        with pytest.raises(ProviderError):
            speaking.update(live, {"name": "made", "size": 2})
        assert end_of(processes)
    assert cloud.load("made")["size"] == 2


def test_deletions_have_their_point_too(tmp_path: Path) -> None:
    cloud = Cloud(tmp_path)
    with provider_process(cloud, **{KILL_AT: f"delete:{TOKEN}"}) as (speaking, processes):
        live = speaking.create(TOKEN, {"name": "made"})
        with pytest.raises(ProviderError):
            speaking.delete(live)
        assert end_of(processes)
    assert cloud.names() == []


def test_the_provider_ends_when_it_is_asked_to(tmp_path: Path) -> None:
    with provider_process(Cloud(tmp_path)) as (_, processes):
        processes[2].terminate()
        assert end_of(processes[1:])
