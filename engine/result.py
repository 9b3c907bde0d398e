"""The result of a run, as values."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine.policy_gate import Violation

UNCHANGED = frozenset({"same", "read"})
"""The only kinds of steps in a run without changes."""


class Operation(StrEnum):
    UP = "up"
    PREVIEW = "preview"
    REFRESH = "refresh"
    DESTROY = "destroy"


class Outcome(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True)
class ResourceChange:
    """What happened to one resource, or would happen in a preview."""

    urn: str
    type: str
    op: str
    changed: tuple[str, ...] = ()
    """The property paths that differ."""

    @property
    def name(self) -> str:
        return self.urn.rsplit("::", 1)[-1]


@dataclass(frozen=True)
class Diagnostic:
    """A message of the engine, a plugin or the program, with the resource it belongs to."""

    severity: str
    message: str
    urn: str | None = None


@dataclass(frozen=True)
class ProjectRun:
    """One project's part of a run."""

    project: str
    outcome: Outcome
    resources: tuple[ResourceChange, ...] = ()
    diagnostics: tuple[Diagnostic, ...] = ()
    outputs: Mapping[str, Any] = field(default_factory=dict)
    """The stack's outputs; secrets are masked."""
    duration_s: float = 0.0
    violations: tuple[Violation, ...] = ()
    """The policy's rules that it breaks."""
    unchanged: bool = False
    """Whether it found nothing to do: see events.changes_nothing."""

    @property
    def changes(self) -> Mapping[str, int]:
        return Counter(resource.op for resource in self.resources)


@dataclass(frozen=True)
class Check:
    """Something that was tried against the running environment."""

    name: str
    expected: str
    actual: str

    @property
    def passed(self) -> bool:
        return self.expected == self.actual


@dataclass(frozen=True)
class Run:
    """A whole run: both projects, and the checks after it."""

    operation: Operation
    environment: str
    projects: tuple[ProjectRun, ...]
    checks: tuple[Check, ...] = ()
    notes: tuple[str, ...] = ()
    duration_s: float = 0.0
    checks_duration_s: float = 0.0
    """The part of the duration that the checks took."""

    @property
    def outcome(self) -> Outcome:
        failed = any(project.outcome is Outcome.FAILED for project in self.projects)
        failed = failed or not all(check.passed for check in self.checks)
        return Outcome.FAILED if failed else Outcome.SUCCEEDED

    @property
    def changes(self) -> Mapping[str, int]:
        """By kind, over both projects."""
        merged: Counter[str] = Counter()
        for project in self.projects:
            merged.update(project.changes)
        return merged

    @property
    def has_changes(self) -> bool:
        return bool(set(self.changes) - UNCHANGED)

    def outputs(self, project: str) -> Mapping[str, Any]:
        return next((run.outputs for run in self.projects if run.project == project), {})

    def noting(self, messages: Iterable[str]) -> Run:
        """The run with these messages as notes, less those that a program has printed itself."""
        printed = {d.message for project in self.projects for d in project.diagnostics}
        return replace(self, notes=(*self.notes, *(m for m in messages if m not in printed)))

    def document(self) -> dict[str, Any]:
        """The JSON document of --json."""
        return {
            "environment": self.environment,
            "operation": self.operation.value,
            "result": self.outcome.value,
            "changes": dict(sorted(self.changes.items())),
            "duration_s": round(self.duration_s, 2),
            "checks_duration_s": round(self.checks_duration_s, 2),
            "resources": [
                {
                    "project": run.project,
                    "urn": resource.urn,
                    "type": resource.type,
                    "op": resource.op,
                    "changed": list(resource.changed),
                }
                for run in self.projects
                for resource in run.resources
            ],
            "outputs": dict(self.outputs("main")),
            "foundation_outputs": dict(self.outputs("foundation")),
            "checks": [
                {
                    "name": check.name,
                    "passed": check.passed,
                    "expected": check.expected,
                    "actual": check.actual,
                }
                for check in self.checks
            ],
            "violations": [
                {
                    "project": run.project,
                    "rule": violation.rule,
                    "severity": str(violation.severity),
                    "mandatory": violation.mandatory,
                    "urn": violation.urn,
                    "message": f"{violation.title}; {violation.remedy}",
                }
                for run in self.projects
                for violation in run.violations
            ],
            "diagnostics": [
                {
                    "project": run.project,
                    "severity": diagnostic.severity,
                    "urn": diagnostic.urn,
                    "message": diagnostic.message,
                }
                for run in self.projects
                for diagnostic in run.diagnostics
            ],
            "notes": list(self.notes),
        }
