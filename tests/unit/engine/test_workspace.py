"""What the engine lays out before a run, and what of its caller a run gets to see."""

from __future__ import annotations

import json
import os
import stat
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml

from engine import cli, leftovers, lock, projects
from engine.errors import RefusedError, SandboxError
from sandbox import variables as environment
from sandbox import workspace
from sandbox.paths import MARKER, Home


@pytest.fixture
def home(tmp_path: Path) -> Home:
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
    return Home("production", tmp_path)


def test_the_copies_have_no_backend_and_no_secrets_provider_and_the_plugins_by_path(
    home: Home,
) -> None:
    workspace.lay_out(home)
    project = yaml.safe_load((home.work("main") / "Pulumi.yaml").read_text())
    assert "backend" not in project
    assert project["config"] == {"size": {"type": "integer", "default": 3}}
    paths = {each["name"]: each["path"] for each in project["plugins"]["providers"]}
    assert set(paths) == {"aws", "postgresql", "random", "tls", "pulumi-python"}
    assert Path(paths["aws"]) == home.plugins / "aws"
    stack = yaml.safe_load((home.work("main") / "Pulumi.production.yaml").read_text())
    assert stack == {"config": {"aws:region": "us-east-1"}}


def test_laying_out_again_keeps_the_sandboxs_own_salt_and_takes_over_changed_settings(
    home: Home,
) -> None:
    workspace.lay_out(home)
    copy = home.work("main") / "Pulumi.production.yaml"
    copy.write_text(yaml.safe_dump({**yaml.safe_load(copy.read_text()), "encryptionsalt": "ours"}))
    source = home.project_root / "Pulumi.production.yaml"
    source.write_text(yaml.safe_dump({"config": {"aws:region": "eu-west-1"}}))
    workspace.lay_out(home)
    expected = {"config": {"aws:region": "eu-west-1"}, "encryptionsalt": "ours"}
    assert yaml.safe_load(copy.read_text()) == expected


def test_the_original_files_stay_as_they_are(home: Home) -> None:
    files = [*home.project_root.glob("*.yaml"), *home.project_root.glob("foundation/*.yaml")]
    before = {file: file.read_bytes() for file in files}
    workspace.lay_out(home)
    assert {file: file.read_bytes() for file in files} == before


def test_the_passphrase_is_private_and_stays_the_same(home: Home) -> None:
    workspace.lay_out(home)
    passphrase = home.passphrase.read_text()
    assert len(passphrase) > 30
    assert stat.S_IMODE(home.passphrase.stat().st_mode) == 0o600
    workspace.lay_out(home)
    assert home.passphrase.read_text() == passphrase


def test_a_shim_runs_this_interpreter_also_under_a_path_with_spaces(tmp_path: Path) -> None:
    home = Home("production", tmp_path / "a project's place")
    workspace.write_shim(home, "platform", "platform")
    shim = home.plugins / "platform" / "pulumi-resource-platform"
    answer = subprocess.run([shim, "--terse"], capture_output=True, text=True, check=True)
    assert "Linux" in answer.stdout or "macOS" in answer.stdout


def test_the_engine_finds_the_plugin_that_runs_policy_packs(home: Home) -> None:
    workspace.lay_out(home)
    project = yaml.safe_load((home.work("main") / "Pulumi.yaml").read_text())
    (analyzer,) = project["plugins"]["analyzers"]
    assert analyzer["name"] == "policy-python"
    shim = Path(analyzer["path"]) / "pulumi-analyzer-policy-python"
    assert "-m pulumi.policy" in shim.read_text()
    assert shim.stat().st_mode & stat.S_IXUSR


def test_nothing_of_the_callers_accounts_gets_into_a_run(home: Home) -> None:
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
    variables = environment.run_variables(home, "http://127.0.0.1:1", caller=caller)
    assert "live" not in variables.values()
    assert variables["PATH"] == "/bin"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:1"
    assert variables["PULUMI_BACKEND_URL"] == f"file://{home.state}?metadata=skip"
    assert variables[MARKER] == str(home.directory)


def test_the_environment_is_as_before_after_a_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_PROFILE", "live")
    with environment.applied({"PATH": "/bin"}):
        assert dict(os.environ) == {"PATH": "/bin"}
    assert os.environ["AWS_PROFILE"] == "live"


def test_an_unknown_environment_is_refused_with_the_known_ones(home: Home) -> None:
    with pytest.raises(RefusedError, match=r"no environment 'prod'; there are: production"):
        projects.require_environment("prod", home.project_root)


def test_an_environment_needs_a_stack_file_in_both_projects(home: Home) -> None:
    (home.project_root / "foundation" / "Pulumi.production.yaml").unlink()
    with pytest.raises(RefusedError, match=r"foundation/Pulumi\.production\.yaml is missing"):
        projects.require_environment("production", home.project_root)


def write_lock(home: Home, pid: int, taken: datetime) -> Path:
    file = home.state / ".pulumi/locks/organization/nexusflow/production/1.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"pid": pid, "timestamp": taken.isoformat()}))
    return file


def test_a_lock_of_a_living_process_is_respected(home: Home) -> None:
    file = write_lock(home, os.getpid(), datetime.now(UTC))
    assert leftovers.break_dead_locks(home) == 0
    assert file.exists()


def test_a_lock_of_a_dead_process_is_broken(home: Home) -> None:
    ended = subprocess.Popen(["true"])
    ended.wait()
    file = write_lock(home, ended.pid, datetime.now(UTC))
    assert leftovers.break_dead_locks(home) == 1
    assert not file.exists()


def test_a_lock_whose_owners_number_was_given_to_a_younger_process_is_broken(home: Home) -> None:
    write_lock(home, os.getpid(), datetime.now(UTC) - timedelta(days=30))
    assert leftovers.break_dead_locks(home) == 1


def test_a_half_written_lock_is_broken(home: Home) -> None:
    write_lock(home, os.getpid(), datetime.now(UTC)).write_text('{"pid"')
    assert leftovers.break_dead_locks(home) == 1


def test_the_environments_lock_names_its_holder_and_is_free_afterwards(home: Home) -> None:
    with lock.held(home):
        with pytest.raises(SandboxError, match=f"process {os.getpid()}"), lock.held(home):
            pass
        with lock.held(Home("staging", home.project_root)):
            pass  # two environments side by side
    with lock.held(home):
        lock.remove(home)
    assert not home.lock.exists()


def an_executable(directory: Path, version: str) -> Path:
    directory.mkdir(parents=True)
    file = directory / "pulumi"
    file.write_text(f"#!/bin/sh\necho v{version}\n")
    file.chmod(0o755)
    return file


def test_a_cli_on_the_path_is_used_when_it_is_new_enough(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted, said = cli.sdk_version(), list[str]()
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


def test_a_cli_that_can_not_be_had_is_an_error_that_names_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(cli, "INSTALLER", "http://127.0.0.1:9/install.sh")
    with pytest.raises(SandboxError, match=r"Install one of: the CLI .* or Go"):
        cli.find(lambda _: None)
