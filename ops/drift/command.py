"""`nexusdb drift`: a report of the differences between code, cloud and database."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import typer

from ops.options import DEFAULT_ENVIRONMENT, EnvironmentOption, JsonOption, SandboxOption

if TYPE_CHECKING:
    from rich.console import Console

    from ops.drift.report import Report

FAILED, DRIFT_FOUND = 1, 7


def drift(
    env: EnvironmentOption = DEFAULT_ENVIRONMENT,
    sandbox: SandboxOption = False,
    as_json: JsonOption = False,
) -> None:
    """Compare code, cloud and database; change nothing.

    Exits with 0 when they agree and with 7 when there are findings.
    """
    from rich.console import Console

    console = Console(stderr=as_json, highlight=False)
    started = time.monotonic()
    report = _sandboxed(env, as_json, console) if sandbox else _deployed(env, as_json, console)
    if as_json:
        typer.echo(json.dumps(document(env, report, time.monotonic() - started), indent=2))
    else:
        show(env, report, console, time.monotonic() - started)
    if report.findings:
        raise typer.Exit(DRIFT_FOUND)


def document(env: str, report: Report, seconds: float) -> dict[str, object]:
    """The report as `--json` prints it; `seconds` is how long the comparison took."""
    return {
        "environment": env,
        "result": "drift" if report.findings else "clean",
        "findings": [finding.document() for finding in report.findings],
        "notes": list(report.notes),
        "duration_s": round(seconds, 2),
    }


def show(env: str, report: Report, console: Console, seconds: float) -> None:
    """Prints the report for people."""
    from rich.markup import escape

    for finding in report.findings:
        resource = finding.resource.rsplit("$", 1)[-1]
        lines = (
            f"{finding.severity.value:<8} {finding.layer.value}: {finding.class_.value}: "
            f"{resource}  {finding.path}",
            f"         expected {finding.expected}",
            f"         actual   {finding.actual}",
            f"         fix      {finding.fix}",
        )
        for line in lines:
            console.print(escape(line), soft_wrap=True)
    for note in report.notes:
        console.print(f"note: {escape(note)}", soft_wrap=True)
    count = len(report.findings)
    summary = f"{count} finding{'s' * (count != 1)}" if count else "no drift"
    console.print(f"{env}: {summary} ({seconds:.1f} s)")


def _deployed(env: str, as_json: bool, console: Console) -> Report:
    from config.errors import ConfigurationError
    from ops.drift import deployed
    from ops.drift.report import DriftError
    from ops.stacks import StackError

    project_root = Path(__file__).resolve().parents[2]
    try:
        return deployed.compare(project_root, env, lambda text: console.print(text, markup=False))
    except (DriftError, StackError, ConfigurationError) as error:
        _fail(str(error), FAILED, as_json, env)


def _sandboxed(env: str, as_json: bool, console: Console) -> Report:
    from engine import projects
    from engine.errors import EngineError, InterruptedRunError
    from engine.progress import Progress
    from ops.drift import sandboxed
    from sandbox.paths import SandboxPaths

    try:
        return sandboxed.compare(SandboxPaths(projects.require_environment(env)), Progress(console))
    except EngineError as error:
        _fail(str(error), error.exit_code, as_json, env)
    except KeyboardInterrupt:
        _fail("interrupted", InterruptedRunError.exit_code, as_json, env)


def _fail(message: str, code: int, as_json: bool, env: str) -> NoReturn:
    if as_json:
        failed = {"environment": env, "result": "failed", "error": message}
        typer.echo(json.dumps(failed, indent=2))
    typer.echo(f"nexusdb: {message}", err=True)
    raise typer.Exit(code)
