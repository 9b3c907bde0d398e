"""Checks stack files on disk: each file alone, and both files of an environment together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from config import load
from config.errors import ConfigurationError, Fault
from config.rules import environment as environment_rules
from config.rules import rule
from config.rules.environment import Environment
from config.settings.stack import FoundationSettings, Settings

ROOT = Path(__file__).resolve().parent.parent
PROJECTS = (".", "foundation")
"""The folders of both projects, relative to the repository's root."""


@dataclass(frozen=True)
class Report:
    faults: tuple[Fault, ...]
    warnings: tuple[Fault, ...]


def stack_files(root: Path = ROOT, environment: str = "*") -> list[Path]:
    """The stack files of both projects, for one environment or all."""
    return [
        file
        for directory in PROJECTS
        for file in sorted((root / directory).glob(f"Pulumi.{environment}.yaml"))
    ]


def check(files: Iterable[Path], root: Path = ROOT) -> Report:
    """All faults and warnings. A fault in the shared defaults is reported only once."""
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
        faults += rule.check(environment_rules.ERRORS, environment, name)
        warnings += rule.check(environment_rules.WARNINGS, environment, name)
    return Report(tuple(dict.fromkeys(faults)), tuple(dict.fromkeys(warnings)))


def shown(file: Path, root: Path) -> str:
    """The file's path for messages: relative to the repository's root if it is inside."""
    whole = file.resolve()
    return str(whole.relative_to(root)) if whole.is_relative_to(root) else str(file)


@dataclass(frozen=True)
class _Read:
    path: Path
    name: str
    settings: Settings | FoundationSettings


def _environments(read: list[_Read]) -> Iterator[tuple[str, Environment]]:
    """The environments whose two files were both read, with the main project's file."""
    by_path = {each.path: each.settings for each in read}
    for each in read:
        main = each.settings
        foundation = by_path.get(each.path.parent / PROJECTS[1] / each.path.name)
        if not isinstance(main, Settings) or not isinstance(foundation, FoundationSettings):
            continue
        # with another foundation or plain values, the foundation file here does not apply
        if main.network is None and main.foundation is None:
            yield each.name, Environment(main, foundation)
