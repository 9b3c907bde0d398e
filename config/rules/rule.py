"""A rule across fields: when it is broken, what is wrong then and what would be right."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from config.errors import Fault

T = TypeVar("T", contravariant=True)
Case = Mapping[str, Any]


@dataclass(frozen=True)
class ConfigRule(Generic[T]):
    """Key and texts are formatted with `s`, the settings, and with what `broken` found.

    `broken` tells whether the rule is, or yields the values of each case in which it is.
    """

    key: str
    broken: Callable[[T], bool | Iterable[Case]]
    wrong: str
    right: str

    def faults(self, subject: T, file: str) -> list[Fault]:
        found = self.broken(subject)
        cases: Iterable[Case] = [{}] * found if isinstance(found, bool) else found
        return [
            Fault(file, *(text.format(s=subject, **case) for text in self._texts)) for case in cases
        ]

    @property
    def _texts(self) -> tuple[str, str, str]:
        return self.key, self.wrong, self.right


def check(rules: Iterable[ConfigRule[T]], subject: T, file: str) -> list[Fault]:
    return [fault for rule in rules for fault in rule.faults(subject, file)]


def repeated(items: Iterable[str]) -> list[Case]:
    """A case for each item that is listed more than once."""
    listed = list(items)
    return [{"item": item} for item in dict.fromkeys(listed) if listed.count(item) > 1]
