"""Configuration rules across several fields: when one is broken, and the fault that results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from config.errors import Fault

T = TypeVar("T", contravariant=True)
Case = Mapping[str, Any]
"""The values of one violation, by the names that the rule's texts use."""


@dataclass(frozen=True)
class ConfigRule(Generic[T]):
    """A rule and its messages.

    `broken` returns whether the settings violate the rule, or yields one case per violation. The
    other fields are format strings over `s`, the settings, and the values of the case.
    """

    key: str
    broken: Callable[[T], bool | Iterable[Case]]
    problem: str
    remedy: str

    def faults(self, subject: T, file: str) -> list[Fault]:
        found = self.broken(subject)
        cases: Iterable[Case] = [{}] * found if isinstance(found, bool) else found
        return [
            Fault(file, *(text.format(s=subject, **case) for text in self._texts)) for case in cases
        ]

    @property
    def _texts(self) -> tuple[str, str, str]:
        return self.key, self.problem, self.remedy


def check(rules: Iterable[ConfigRule[T]], subject: T, file: str) -> list[Fault]:
    """The faults of all rules."""
    return [fault for rule in rules for fault in rule.faults(subject, file)]


def repeated(items: Iterable[str]) -> list[Case]:
    """A case for each item that occurs more than once."""
    listed = list(items)
    return [{"item": item} for item in dict.fromkeys(listed) if listed.count(item) > 1]
