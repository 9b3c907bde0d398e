"""Imports point one way: config <- database <- components <- the programs; ops beside them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.paths import PROJECT_ROOT

PACKAGES = {
    "config": {"config"},
    "database": {"config", "database"},
    "components": {"config", "database", "components"},
    "foundation": {"config", "components"},
    "policy": {"config", "policy"},
    "engine": {"engine"},
    "sandbox": {"engine", "sandbox"},
    "acceptance": {"config", "database", "engine", "sandbox", "acceptance"},
    "ops": {"config", "database", "policy", "engine", "acceptance", "ops"},
}
"""Package -> what of this repository it may import."""
ALSO: dict[str, set[str]] = {
    # the sandbox's own commands, and those that have --sandbox
    "ops/sandbox": {"sandbox"},
    "ops/drift/command.py": {"sandbox"},
    "ops/drift/sandboxed.py": {"sandbox"},
    "ops/backups/command.py": {"sandbox"},
}
"""File or folder -> what it may import besides."""
OURS = {*PACKAGES, "tests"}


def imported(file: Path) -> Iterator[tuple[int, str]]:
    """Line and module of every import of ours, wherever in the file it stands."""
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}:{node.lineno}: a relative import"
            modules = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for module in modules:
            if module.partition(".")[0] in OURS:
                yield node.lineno, module


def wrong(file: Path, allowed: set[str]) -> list[str]:
    return [
        f"{file.relative_to(PROJECT_ROOT)}:{line}: {module}"
        for line, module in imported(file)
        if not any(f"{module}.".startswith(f"{each}.") for each in allowed)
    ]


def also(file: Path) -> set[str]:
    """What a file, or the folder that it lies in, may import besides its package's list."""
    places = {place.as_posix() for place in (file, *file.parents)}
    return {module for place in places & ALSO.keys() for module in ALSO[place]}


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_imports_only_what_lies_below_it(package: str) -> None:
    files = sorted((PROJECT_ROOT / package).rglob("*.py"))
    assert files
    found = [
        fault
        for file in files
        for fault in wrong(
            file,
            PACKAGES[package] | also(file.relative_to(PROJECT_ROOT)),
        )
    ]
    assert found == []


def test_the_main_program_knows_nothing_of_the_sandbox() -> None:
    assert wrong(PROJECT_ROOT / "__main__.py", {"config", "components"}) == []


def test_an_import_inside_a_function_counts(tmp_path: Path) -> None:
    file = tmp_path / "late.py"
    file.write_text("def late() -> None:\n    from sandbox import run\n")
    assert list(imported(file)) == [(2, "sandbox.run")]
