"""The files of the repository, as the tests of names and structure walk them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def files(*suffixes: str, root: Path = ROOT) -> list[Path]:
    """All files with one of the suffixes, without hidden folders such as .venv and .sandbox."""
    return sorted(
        file
        for entry in root.iterdir()
        if not entry.name.startswith(".")
        for file in ([entry] if entry.is_file() else entry.rglob("*"))
        if file.suffix in suffixes and file.is_file() and _is_visible(file.relative_to(root))
    )


def modules(root: Path = ROOT) -> list[Path]:
    """Every Python file that holds code: a package's `__init__.py` only describes it."""
    return [file for file in files(".py", root=root) if file.name != "__init__.py"]


def folders(paths: Iterable[Path], root: Path = ROOT) -> dict[str, list[Path]]:
    """Folder -> the files directly in it, the root's own files left out."""
    found: dict[str, list[Path]] = {}
    for path in paths:
        if path.parent != root:
            found.setdefault(path.parent.relative_to(root).as_posix(), []).append(path)
    return found


def lines(path: Path) -> int:
    return len(path.read_text("utf-8").splitlines())


def _is_visible(relative: Path) -> bool:
    return not any(part.startswith(".") or part.endswith(".egg-info") for part in relative.parts)
