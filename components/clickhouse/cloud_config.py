"""Renders a `#cloud-config` document: files that cloud-init writes, and the program it runs then.
Pure functions."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

INDENT = " " * 3
"""The smallest that YAML allows below `content:`, because EC2 limits user data to 16 KiB."""


@dataclass(frozen=True)
class File:
    """A file that belongs to root."""

    path: str
    text: str
    mode: str = "0644"
    """Permissions in octal."""


def document(title: str, files: Sequence[File], program: str) -> str:
    """The document, with `title` as its first comment. `program` is a path; it starts after all
    files are written. There is only one, because of several commands cloud-init reports only the
    failure of the last."""
    return "".join(
        [
            f"#cloud-config\n# {title}\nwrite_files:\n",
            *(_write_file(file) for file in files),
            f"runcmd:\n- [{program}]\n",
        ]
    )


def _write_file(file: File) -> str:
    # YAML takes the indentation of a block from its first line, and keeps one line break at the
    # end: so the text may neither start nor end with an empty line.
    text = textwrap.indent(f"{file.text.strip()}\n", INDENT, lambda line: line != "\n")
    return f"- path: {file.path}\n  permissions: '{file.mode}'\n  content: |\n{text}"
