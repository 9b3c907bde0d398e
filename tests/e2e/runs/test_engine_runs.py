"""The engine on the real CLI, with a project whose resources are files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from rich.console import Console

from engine.errors import INTERRUPTED, EngineError
from engine.processes import lock
from engine.progress import Progress
from engine.result import Operation, Outcome
from sandbox import run
from sandbox.emulator import client
from sandbox.paths import PROJECT_ROOT, SandboxPaths
from sandbox.servers import processes
from tests.e2e.runs import probe

DEADLINE_S = 60.0


@pytest.fixture
def paths(tmp_path: Path) -> Iterator[SandboxPaths]:
    paths = probe.write_project(tmp_path)
    yield paths
    run.down(paths, Progress(Console(quiet=True)))


def started(paths: SandboxPaths, operation: Operation = Operation.UP) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "tests.e2e.runs.probe", str(paths.project_root), operation.value],
        cwd=PROJECT_ROOT,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"never happened: {what}"
        time.sleep(0.05)


def house_begun(paths: SandboxPaths) -> bool:
    return (paths.project_root / "cloud" / "house.begun").exists()


def test_the_loop_builds_finds_drift_repairs_and_destroys(paths: SandboxPaths) -> None:
    cloud = paths.project_root / "cloud"
    before = probe.operate(paths, Operation.PREVIEW)
    assert [each.project for each in before.projects] == ["foundation"]
    assert "main is not previewed" in before.notes[0]
    assert not (cloud / "ground").exists()

    built = probe.operate(paths, Operation.UP)
    assert built.outcome is Outcome.SUCCEEDED
    assert built.outputs("main") == {"vpc_id": "vpc-1"}
    assert built.outputs("foundation")["hidden"] == "[secret]"
    assert "hush-hush" not in str(built.document())
    assert (cloud / "house").read_text() == '"one"'

    for operation in (Operation.UP, Operation.PREVIEW, Operation.REFRESH):
        again = probe.operate(paths, operation)
        assert not again.has_changes, operation
        assert set(again.changes) <= {"same", "read"}

    (cloud / "house").write_text('"tampered"')
    (cloud / "ground").unlink()
    drift = probe.operate(paths, Operation.REFRESH)
    found = {each.name: each for part in drift.projects for each in part.resources}
    assert (found["house"].op, found["house"].changed) == ("update", ("value",))
    assert found["ground"].op == "delete"

    assert probe.operate(paths, Operation.UP).changes["update"] == 1
    assert (cloud / "house").read_text() == '"one"'
    assert (cloud / "ground").exists()

    gone = probe.operate(paths, Operation.DESTROY)
    assert [each.project for each in gone.projects] == ["main", "foundation"]
    assert not (cloud / "house").exists()


def test_a_program_that_fails_says_what_and_where(paths: SandboxPaths) -> None:
    (paths.project_root / "foundation" / "__main__.py").write_text("\n\nraise KeyError('vpc')\n")
    failed = probe.operate(paths, Operation.UP)
    assert failed.outcome is Outcome.FAILED
    assert [each.project for each in failed.projects] == ["foundation"]
    (message,) = [each.message for each in failed.projects[0].diagnostics]
    assert message.splitlines() == [
        "the program failed: KeyError: 'vpc'",
        "  foundation/__main__.py:3 in <module>",
    ]


def test_a_second_run_of_the_same_environment_is_refused_with_the_first_ones_process(
    paths: SandboxPaths,
) -> None:
    with lock.held(paths), pytest.raises(EngineError, match=str(os.getpid())):
        probe.operate(paths, Operation.PREVIEW)


def test_an_interrupted_run_finishes_what_is_under_way_and_records_it(paths: SandboxPaths) -> None:
    probe.configure(paths.project_root, value="one", delay="2")
    process = started(paths)
    wait_for(lambda: house_begun(paths), "the slow creation begins")
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == INTERRUPTED, errors
    assert "interrupted" in errors
    (paths.project_root / "cloud" / "house.begun").unlink()
    again = probe.operate(paths, Operation.UP)
    assert again.outcome is Outcome.SUCCEEDED
    assert not house_begun(paths), "the finished creation was recorded, so it is not repeated"


@pytest.mark.exhaustive(
    example="tests/e2e/runs/test_engine_runs.py"
    "::test_an_interrupted_run_finishes_what_is_under_way_and_records_it"
)
def test_a_second_interrupt_kills_and_the_next_run_goes_on(paths: SandboxPaths) -> None:
    probe.configure(paths.project_root, value="one", delay="60")
    process = started(paths)
    wait_for(lambda: house_begun(paths), "the slow creation begins")
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert any("interrupted" in line for line in process.stderr), "the first one is acknowledged"
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == INTERRUPTED, errors
    assert not processes.find(paths, processes.ENGINE)
    probe.configure(paths.project_root, value="one")
    assert probe.operate(paths, Operation.UP).outcome is Outcome.SUCCEEDED


def test_after_a_kill_the_next_run_ends_the_orphans_and_breaks_the_lock(
    paths: SandboxPaths,
) -> None:
    probe.configure(paths.project_root, value="one", delay="60")
    process = started(paths)
    wait_for(lambda: house_begun(paths), "the slow creation begins")
    process.kill()
    process.communicate()
    orphans = processes.find(paths, processes.ENGINE)
    assert orphans
    emulator = client.running(paths)
    assert emulator is not None

    probe.configure(paths.project_root, value="one")
    console = Console(record=True, file=Path(os.devnull).open("w"))  # noqa: SIM115
    assert probe.operate(paths, Operation.UP, console).outcome is Outcome.SUCCEEDED
    told = console.export_text()
    console.file.close()
    assert "a killed run had left" in told
    assert "removed the lock of a killed run" in told
    assert "house: was not created" in told
    assert not any(psutil.pid_exists(orphan.pid) for orphan in orphans)
    after = client.running(paths)
    assert after is not None
    assert after.pid == emulator.pid, "the emulator is no orphan"


def test_a_dead_emulator_means_that_its_cloud_is_gone(paths: SandboxPaths) -> None:
    probe.operate(paths, Operation.UP)
    emulator = client.running(paths)
    assert emulator is not None
    os.kill(emulator.pid, signal.SIGKILL)
    wait_for(lambda: client.running(paths) is None, "the emulator ends")
    anew = probe.operate(paths, Operation.UP)
    assert anew.changes["create"] == 4  # two stacks, two files
