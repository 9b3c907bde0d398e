"""A fingerprint of the code that a state was last updated from.

A look-ahead shows what changes in the cloud, but not what the state alone records of a resource,
such as its dependencies or `retainOnDelete`. Equal code can't have changed those either.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

from engine.paths import EnvironmentPaths
from engine.projects import Project

SUFFIXES = frozenset({".py", ".yaml", ".sql", ".ini", ".lock"})
SKIPPED = frozenset({"tests", "docs", "node_modules", "__pycache__"})


def of_code(root: Path) -> str:
    """The SHA-256 of all sources below the root: names and content, hidden directories excepted."""
    digest = hashlib.sha256()
    for file in sorted(_sources(root)):
        digest.update(f"{file.relative_to(root)}\0".encode())
        digest.update(file.read_bytes() + b"\0")
    return digest.hexdigest()


def _sources(directory: Path) -> Iterator[Path]:
    for entry in directory.iterdir():
        if entry.name.startswith(".") or entry.name in SKIPPED:
            continue
        if entry.is_dir():
            yield from _sources(entry)
        elif entry.suffix in SUFFIXES:
            yield entry


def record(paths: EnvironmentPaths, project: Project, fingerprint: str) -> None:
    """Notes that the project's state was updated from this code."""
    file = paths.fingerprint(project.label)
    file.parent.mkdir(parents=True, exist_ok=True)
    scratch = file.with_suffix(".new")
    scratch.write_text(fingerprint)
    scratch.replace(file)


def forget(paths: EnvironmentPaths, project: Project) -> None:
    """Notes that the state may differ from any code: an operation on it is about to begin."""
    paths.fingerprint(project.label).unlink(missing_ok=True)


def is_current(paths: EnvironmentPaths, project: Project, fingerprint: str) -> bool:
    """Whether the project's state was last updated from this code, and completely."""
    try:
        return paths.fingerprint(project.label).read_text() == fingerprint
    except OSError:
        return False
