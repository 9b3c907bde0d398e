"""Strict reader of YAML files: the document is a mapping, and duplicate keys are an error."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from config.errors import ConfigurationError, Fault


class _Loader(yaml.CSafeLoader):
    """Refuses duplicate keys: YAML itself silently lets the last one win."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        keys = [key.value for key, _ in node.value if key.tag != "tag:yaml.org,2002:merge"]
        for key in keys:
            if keys.count(key) > 1:
                raise yaml.constructor.ConstructorError(
                    None, None, f"duplicate key {key}", node.start_mark
                )
        return super().construct_mapping(node, deep)


def read(path: Path, shown: str | None = None) -> Mapping[str, Any]:
    """The file's mapping. Raises ConfigurationError if it cannot be read."""
    file = shown or str(path)
    return parse(text(path, file), file)


def text(path: Path, file: str) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
        raise _refused(file, f"unreadable: {reason}", "give a readable YAML file") from None


@cache
def parse(text: str, file: str) -> Mapping[str, Any]:
    """The mapping in a file's text. `file` is its name in messages."""
    try:
        document = yaml.load(text, _Loader)  # noqa: S506 - derived from CSafeLoader
    except yaml.MarkedYAMLError as error:
        line = f"line {error.problem_mark.line + 1}" if error.problem_mark else "file"
        raise _refused(
            file, f"not valid YAML: {error.problem}", "correct it as YAML", line
        ) from None
    except yaml.YAMLError as error:
        raise _refused(file, " ".join(str(error).split()), "correct it as YAML") from None
    if not isinstance(document, Mapping):
        raise _refused(file, "not a mapping", "write `key: value` lines")
    return document


def _refused(file: str, problem: str, remedy: str, where: str = "file") -> ConfigurationError:
    return ConfigurationError([Fault(file, where, problem, remedy)])
