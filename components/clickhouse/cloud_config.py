"""A `#cloud-config` document, pure: files that cloud-init writes, and the program it then runs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

INDENT = " " * 3
"""The least that YAML takes below `content:`; EC2 takes 16 KB."""


@dataclass(frozen=True)
class File:
    path: str
    text: str
    mode: str = "0644"


def document(title: str, files: Sequence[File], program: str) -> str:
    """Files are root's and stand before the program starts. It is one program: of several,
    cloud-init would report the failure of the last alone."""
    return "".join(
        [
            f"#cloud-config\n# {title}\nwrite_files:\n",
            *(_entry(file) for file in files),
            f"runcmd:\n- [{program}]\n",
        ]
    )


def _entry(file: File) -> str:
    # by its first line a reader tells the indentation, by its last one whether it ends there
    text = textwrap.indent(f"{file.text.strip()}\n", INDENT, lambda line: line != "\n")
    return f"- path: {file.path}\n  permissions: '{file.mode}'\n  content: |\n{text}"
