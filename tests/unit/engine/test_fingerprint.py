"""Whether a state was last updated from the code as it is now."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import fingerprint
from engine.projects import FOUNDATION, MAIN
from sandbox.paths import SandboxPaths


@pytest.fixture
def paths(tmp_path: Path) -> SandboxPaths:
    (tmp_path / "components").mkdir()
    (tmp_path / "components" / "bucket.py").write_text("protect = True\n")
    (tmp_path / "Pulumi.staging.yaml").write_text("config: {}\n")
    return SandboxPaths("staging", tmp_path)


@pytest.mark.parametrize("file", ["components/bucket.py", "Pulumi.staging.yaml", "new.sql"])
def test_a_changed_or_new_source_changes_it(paths: SandboxPaths, file: str) -> None:
    before = fingerprint.of_code(paths.project_root)
    (paths.project_root / file).write_text("changed\n")
    assert fingerprint.of_code(paths.project_root) != before


@pytest.mark.parametrize("file", [".venv/x.py", "tests/test_x.py", "__pycache__/x.py", "README.md"])
def test_what_no_program_reads_does_not_change_it(paths: SandboxPaths, file: str) -> None:
    before = fingerprint.of_code(paths.project_root)
    (paths.project_root / file).parent.mkdir(exist_ok=True)
    (paths.project_root / file).write_text("changed\n")
    assert fingerprint.of_code(paths.project_root) == before


def test_it_is_current_only_for_the_project_and_the_code_that_were_recorded(
    paths: SandboxPaths,
) -> None:
    assert not fingerprint.is_current(paths, MAIN, "a")
    fingerprint.record(paths, MAIN, "a")
    assert fingerprint.is_current(paths, MAIN, "a")
    assert not fingerprint.is_current(paths, MAIN, "b")
    assert not fingerprint.is_current(paths, FOUNDATION, "a")
    fingerprint.forget(paths, MAIN)
    assert not fingerprint.is_current(paths, MAIN, "a")
