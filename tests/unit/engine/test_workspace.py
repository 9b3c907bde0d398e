"""What the engine lays out before a run, and what of its caller a run gets to see."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from engine import projects
from engine.errors import EngineError, RefusedError
from engine.processes import cli, leftovers, lock
from sandbox import variables as environment
from sandbox import workspace
from sandbox.paths import MARKER, SandboxPaths


@pytest.fixture
def paths(tmp_path: Path) -> SandboxPaths:
    for directory, name in ((tmp_path, "nexusflow"), (tmp_path / "foundation", "nexusflow-f")):
        directory.mkdir(exist_ok=True)
        settings = {
            "name": name,
            "backend": {"url": "s3://state"},
            "runtime": {"name": "python", "options": {"virtualenv": ".venv"}},
            "config": {"size": {"type": "integer", "default": 3}},
        }
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(settings))
        stack = {
            "secretsprovider": "awskms://alias/state",
            "encryptedkey": "AAAA",
            "encryptionsalt": "v1:theirs",
            "config": {"aws:region": "us-east-1"},
        }
        (directory / "Pulumi.production.yaml").write_text(yaml.safe_dump(stack))
    return SandboxPaths("production", tmp_path)


def test_the_copies_have_no_backend_and_no_secrets_provider_and_the_plugins_by_path(
    paths: SandboxPaths,
) -> None:
    workspace.lay_out(paths)
    project = yaml.safe_load((paths.work("main") / "Pulumi.yaml").read_text())
    assert "backend" not in project
    assert project["config"] == {"size": {"type": "integer", "default": 3}}
    plugins = {each["name"]: each["path"] for each in project["plugins"]["providers"]}
    assert set(plugins) == {"aws", "postgresql", "random", "tls", "pulumi-python"}
    assert Path(plugins["aws"]) == paths.plugins / "aws"
    stack = yaml.safe_load((paths.work("main") / "Pulumi.production.yaml").read_text())
    assert stack == {"config": {"aws:region": "us-east-1"}}


def test_laying_out_again_keeps_the_sandboxs_own_salt_and_takes_over_changed_settings(
    paths: SandboxPaths,
) -> None:
    workspace.lay_out(paths)
    copy = paths.work("main") / "Pulumi.production.yaml"
    copy.write_text(yaml.safe_dump({**yaml.safe_load(copy.read_text()), "encryptionsalt": "ours"}))
    source = paths.project_root / "Pulumi.production.yaml"
    source.write_text(yaml.safe_dump({"config": {"aws:region": "eu-west-1"}}))
    workspace.lay_out(paths)
    expected = {"config": {"aws:region": "eu-west-1"}, "encryptionsalt": "ours"}
    assert yaml.safe_load(copy.read_text()) == expected


def test_the_original_files_stay_as_they_are(paths: SandboxPaths) -> None:
    files = [*paths.project_root.glob("*.yaml"), *paths.project_root.glob("foundation/*.yaml")]
    before = {file: file.read_bytes() for file in files}
    workspace.lay_out(paths)
    assert {file: file.read_bytes() for file in files} == before


def test_the_passphrase_is_private_and_stays_the_same(paths: SandboxPaths) -> None:
    workspace.lay_out(paths)
    passphrase = paths.passphrase.read_text()
    assert len(passphrase) > 30
    assert stat.S_IMODE(paths.passphrase.stat().st_mode) == 0o600
    workspace.lay_out(paths)
    assert paths.passphrase.read_text() == passphrase


def test_a_shim_runs_this_interpreter_also_under_a_path_with_spaces(tmp_path: Path) -> None:
    paths = SandboxPaths("production", tmp_path / "a project's place")
    workspace.write_shim(paths, "platform", "platform")
    shim = paths.plugins / "platform" / "pulumi-resource-platform"
    answer = subprocess.run([shim, "--terse"], capture_output=True, text=True, check=True)
    assert "Linux" in answer.stdout or "macOS" in answer.stdout


def test_a_policy_pack_starts_as_an_executable_in_this_interpreter(paths: SandboxPaths) -> None:
    pack = paths.project_root / "a pack"
    executable = workspace.write_policy_pack(paths, pack)
    assert executable.is_file()
    assert executable.stat().st_mode & stat.S_IXUSR
    assert f"{sys.executable} -u -m pulumi.policy \"$1\" '{pack}'" in executable.read_text()


def test_nothing_of_the_callers_accounts_gets_into_a_run(paths: SandboxPaths) -> None:
    caller = {
        "PATH": "/bin",
        "HOME": "/root",
        "AWS_PROFILE": "live",
        "AWS_SESSION_TOKEN": "live",
        "PGPASSWORD": "live",
        "PULUMI_ACCESS_TOKEN": "live",
        "PULUMI_STACK": "live",
        "HTTPS_PROXY": "live",
    }
    variables = environment.run_variables(paths, "http://127.0.0.1:1", caller=caller)
    assert "live" not in variables.values()
    assert variables["PATH"] == "/bin"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert variables["PULUMI_BACKEND_URL"] == f"file://{paths.state}?metadata=skip"
    assert variables[MARKER] == str(paths.directory)


def test_the_environment_is_as_before_after_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "live")
    with environment.applied({"PATH": "/bin"}):
        assert dict(os.environ) == {"PATH": "/bin"}
    assert os.environ["AWS_PROFILE"] == "live"


def test_an_unknown_environment_is_refused_with_the_known_ones(paths: SandboxPaths) -> None:
    with pytest.raises(RefusedError, match=r"no environment 'prod'; there are: production"):
        projects.require_environment("prod", paths.project_root)


def test_an_environment_needs_a_stack_file_in_both_projects(paths: SandboxPaths) -> None:
    (paths.project_root / "foundation" / "Pulumi.production.yaml").unlink()
    with pytest.raises(RefusedError, match=r"foundation/Pulumi\.production\.yaml is missing"):
        projects.require_environment("production", paths.project_root)


def write_lock(paths: SandboxPaths, pid: int, taken: datetime) -> Path:
    file = paths.state / ".pulumi/locks/organization/nexusflow/production/1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"pid": pid, "timestamp": taken.isoformat()}))
    return file


def test_a_lock_of_a_living_process_is_respected(paths: SandboxPaths) -> None:
    file = write_lock(paths, os.getpid(), datetime.now(UTC))
    assert leftovers.break_dead_locks(paths) == 0
    assert file.exists()


def test_a_lock_of_a_dead_process_is_broken(paths: SandboxPaths) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    file = write_lock(paths, ended.pid, datetime.now(UTC))
    assert leftovers.break_dead_locks(paths) == 1
    assert not file.exists()


def test_a_lock_whose_owners_number_was_given_to_a_younger_process_is_broken(
    paths: SandboxPaths,
) -> None:
    write_lock(paths, os.getpid(), datetime.now(UTC) - timedelta(days=30))
    assert leftovers.break_dead_locks(paths) == 1


def test_a_half_written_lock_is_broken(paths: SandboxPaths) -> None:
    write_lock(paths, os.getpid(), datetime.now(UTC)).write_text('{"pid"')
    assert leftovers.break_dead_locks(paths) == 1


def test_the_environments_lock_names_its_holder_and_is_free_afterwards(paths: SandboxPaths) -> None:
    with lock.held(paths):
        with pytest.raises(EngineError, match=f"process {os.getpid()}"), lock.held(paths):
            pass
        with lock.held(SandboxPaths("staging", paths.project_root)):
            pass  # two environments side by side
    with lock.held(paths):
        lock.remove(paths)
    assert not paths.lock.exists()


def an_executable(directory: Path, version: str) -> Path:
    directory.mkdir(parents=True)
    file = directory / "pulumi"
    file.write_text(f"#!/bin/sh\necho v{version}\n")
    file.chmod(0o755)
    return file


def test_a_cli_on_the_path_is_used_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, said = cli.pinned_version(), list[str]()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cached = an_executable(cli.cache_directory(wanted), str(wanted))
    newer = an_executable(tmp_path / "new", str(wanted.bump_minor()))
    older = an_executable(tmp_path / "old", "3.100.0")
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", f"{newer.parent}:{path}")
    assert cli.find(said.append) == newer
    monkeypatch.setenv("PATH", f"{older.parent}:{path}")
    assert cli.find(said.append) == cached
    assert "3.100.0" in said[1]


def test_the_cli_that_is_pinned_serves_the_sdk() -> None:
    assert cli.is_new_enough(cli.pinned_version(), cli.sdk_version())


def test_a_pinned_cli_older_than_the_sdk_is_refused_before_it_is_built(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(cli, "TOOLS", tmp_path)
    (tmp_path / "go.mod").write_text("require (\n\tgithub.com/pulumi/pulumi/pkg/v3 v3.100.0\n)\n")
    with pytest.raises(EngineError, match="older than the SDK"):
        cli.find(lambda _: None)


def test_a_cli_that_can_not_be_had_is_an_error_that_names_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(cli, "INSTALLER", "http://127.0.0.1:9/install.sh")
    with pytest.raises(EngineError, match=r"Install one of: the CLI .* or Go"):
        cli.find(lambda _: None)
