"""Prints a run's result: changes per project, messages, and the checks."""

from __future__ import annotations

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from engine.policy_gate import Violation
from engine.result import UNCHANGED, Check, Operation, Outcome, ProjectRun, Run

STYLES = {"error": "red", "warning": "yellow"}


def show(run: Run, console: Console) -> None:
    """Prints tables to a terminal; to a pipe, plain lines that are never wrapped."""
    for project in run.projects:
        _show_project(project, run.operation, console)
    for note in run.notes:
        console.print(f"[yellow]note:[/] {escape(note)}", soft_wrap=True)
    if run.checks:
        if console.is_terminal:
            console.print(checks_table(run.checks))
        else:
            console.print(checks_text(run.checks), soft_wrap=True)
    console.print(_last_line(run), soft_wrap=True)


def checks_table(checks: tuple[Check, ...]) -> Table:
    table = Table("check", "expected", "found", "")
    for check in checks:
        style, word = ("green", "ok") if check.passed else ("red", "FAILED")
        table.add_row(
            escape(check.name),
            escape(check.expected),
            escape(check.actual),
            f"[{style}]{word}[/]",
            style=None if check.passed else "red",
        )
    return table


def checks_text(checks: tuple[Check, ...]) -> str:
    width = max(len(check.name) for check in checks)
    return "\n".join(
        escape(
            f"ok      {check.name:<{width}}  {check.actual}"
            if check.passed
            else f"FAILED  {check.name:<{width}}  expected {check.expected}, found {check.actual}"
        )
        for check in checks
    )


def _show_project(project: ProjectRun, operation: Operation, console: Console) -> None:
    counted = ", ".join(f"{count} {op}" for op, count in sorted(project.changes.items()))
    line = f"[bold]{project.project}[/]: {counted or 'nothing to do'}"
    console.print(f"{line}  ({project.duration_s:.1f} s)", soft_wrap=True)
    if operation in (Operation.PREVIEW, Operation.REFRESH):
        for resource in project.resources:
            if resource.op not in UNCHANGED:
                changed = f": {', '.join(resource.changed)}" if resource.changed else ""
                line = f"  {resource.op:<8} {resource.type}  {resource.name}{changed}"
                console.print(escape(line), soft_wrap=True)
    for violation in project.violations:
        console.print(_violation(violation), soft_wrap=True)
    for diagnostic in project.diagnostics:
        style = STYLES.get(diagnostic.severity, "")
        resource_name = diagnostic.urn.rsplit("::", 1)[-1] + ": " if diagnostic.urn else ""
        text = escape(f"  {diagnostic.severity}: {resource_name}{diagnostic.message}")
        console.print(f"[{style}]{text}[/]" if style else text, soft_wrap=True)


def _violation(violation: Violation) -> str:
    style, word = ("red", "violation") if violation.mandatory else ("yellow", "advisory")
    return f"[{style}]  {word}: {escape(str(violation))}[/]"


def _last_line(run: Run) -> str:
    failed = sum(not check.passed for check in run.checks)
    checks = f", including {run.checks_duration_s:.1f} s for the checks" if run.checks else ""
    took = f"({run.duration_s:.1f} s{checks})"
    if failed:
        return f"[red]{run.environment}: {failed} of {len(run.checks)} checks failed[/] {took}"
    if run.outcome is Outcome.FAILED:
        return f"[red]{run.environment}: {run.operation.value} failed[/] {took}"
    verdict = "changes" if run.has_changes else "no changes"
    return f"[green]{run.environment}: {run.operation.value} done, {verdict}[/] {took}"
