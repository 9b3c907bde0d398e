"""What `nexusdb sandbox` prints at the end of a run."""

from __future__ import annotations

import io

from rich.console import Console

from engine.result import Check, Operation, Outcome, ProjectRun, ResourceChange, Run
from ops.sandbox import report

URN = "urn:pulumi:staging::nexusflow::aws:kms/key:Key::keys"
LONG = ", ".join(f"value-{number}" for number in range(40))


def shown(run: Run, *, terminal: bool) -> str:
    file = io.StringIO()
    report.show(run, Console(file=file, force_terminal=terminal, width=80, color_system=None))
    return file.getvalue()


def a_run(check: Check) -> Run:
    resources = (ResourceChange(URN, "aws:kms/key:Key", "same"),)
    project = ProjectRun("main", Outcome.SUCCEEDED, resources)
    return Run(Operation.UP, "staging", (project,), checks=(check,))


def test_in_a_pipe_a_check_is_one_line_however_long_its_values_are() -> None:
    lines = shown(a_run(Check("parameters", LONG, LONG)), terminal=False).splitlines()
    assert [line for line in lines if line.startswith("ok ")] == [f"ok      parameters  {LONG}"]


def test_in_a_pipe_a_failed_check_shows_what_was_expected_and_found() -> None:
    text = shown(a_run(Check("parameters", "1", LONG)), terminal=False)
    assert f"FAILED  parameters  expected 1, found {LONG}\n" in text
    assert "1 of 1 checks failed" in text


def test_a_terminal_gets_a_table() -> None:
    assert "expected" in shown(a_run(Check("parameters", "1", "1")), terminal=True)
