"""One broken line of an environment file or catalogue, and what is to be said of it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Broken:
    """One text that stands once in a file, what it becomes, and the line that says what is wrong;
    that line names the file itself, unless another is named."""

    file: str
    old: str
    new: str
    line: str
    named: str | None = None

    def __str__(self) -> str:
        return self.line

    @property
    def whole_line(self) -> str:
        return f"{self.named or self.file}: {self.line}"
