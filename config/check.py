"""Checks stack files as they lie on disk, each by itself and the two of an environment together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config import load
from config.errors import ConfigurationError, Fault
from config.rules import rule, stack
from config.settings.stack import FoundationSettings, Settings

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = (".", "foundation")
"""Where the stack files of both projects lie below the repository's root."""


@dataclass(frozen=True)
class Report:
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def stack_files(root: Path = ROOT, environment: str = "*") -> list[Path]:
    """The stack files of both projects, of one environment or of all."""
    return [
        file
        for directory in PROJECTS
        for file in sorted((root / directory).glob(f"Pulumi.{environment}.yaml"))
    ]


def check(files: Iterable[Path], root: Path = ROOT) -> Report:
    """What is wrong and what is doubtful; a catalog's fault is told once, not for every file."""
    faults: list[Fault] = []
    warnings: list[Fault] = []
    read: list[_Read] = []
    for file in files:
        name = shown(file, root)
        try:
            settings = load.read(file, name)
        except ConfigurationError as error:
            faults += error.faults
        else:
            read.append(_Read(file.resolve(), name, settings))
            warnings += load.warnings(settings, name)
    for name, environment in _environments(read):
        faults += rule.check(stack.ENVIRONMENT, environment, name)
        warnings += rule.check(stack.ENVIRONMENT_WARNED, environment, name)
    return Report(tuple(dict.fromkeys(faults)), tuple(dict.fromkeys(warnings)))


def shown(file: Path, root: Path) -> str:
    """The file as people write it: from the repository's root, if it lies there."""
    whole = file.resolve()
    return str(whole.relative_to(root)) if whole.is_relative_to(root) else str(file)


@dataclass(frozen=True)
class _Read:
    path: Path
    name: str
    settings: Settings | FoundationSettings


def _environments(read: list[_Read]) -> Iterator[tuple[str, stack.Environment]]:
    """The environments of which both files were read, by the main project's file."""
    by_path = {each.path: each.settings for each in read}
    for each in read:
        main = each.settings
        foundation = by_path.get(each.path.parent / PROJECTS[1] / each.path.name)
        if not isinstance(main, Settings) or not isinstance(foundation, FoundationSettings):
            continue
        # with another foundation, or plain values, what the file here says is of no account
        if main.network is None and main.foundation is None:
            yield each.name, stack.Environment(main, foundation)
