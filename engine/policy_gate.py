"""What a run needs to know of policy: a gate that judges the engine's events. The rules that it
judges by live elsewhere; a run gets the gate handed in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from pulumi.automation import EngineEvent


class Violation(Protocol):
    """A rule that a resource breaks."""

    @property
    def rule(self) -> str: ...
    @property
    def severity(self) -> str: ...
    @property
    def mandatory(self) -> bool:
        """Whether it stops the run; otherwise it is only reported."""

    @property
    def urn(self) -> str: ...
    @property
    def title(self) -> str: ...
    @property
    def remedy(self) -> str: ...


class Verdict(Protocol):
    """What the rules say about a run."""

    @property
    def violations(self) -> Sequence[Violation]: ...
    @property
    def mandatory(self) -> Sequence[Violation]:
        """Those of the violations that stop the run."""


class PolicyGate(Protocol):
    """Judges what a run does, or would do."""

    def verdict(self, events: Sequence[EngineEvent]) -> Verdict: ...
