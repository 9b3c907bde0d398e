"""One project's stack on the real Pulumi CLI, through the Automation API."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pulumi import automation
from pulumi.automation import EngineEvent

from engine import checkpoint, events
from engine.paths import EnvironmentPaths
from engine.policy_gate import PolicyGate
from engine.processes.command import EngineCommand
from engine.program import program
from engine.projects import Project
from engine.result import Diagnostic, Operation, Outcome, ProjectRun

OnEvent = Callable[[EngineEvent], None]


@dataclass(frozen=True)
class Options:
    """How an operation differs from a plain one."""

    refresh: bool = False
    """For a preview: refresh first, as `up` does."""
    preview_only: bool = False
    """For a refresh: compare, and leave the state alone."""
    gate: PolicyGate | None = None
    policy_packs: tuple[Path, ...] = ()


class _Workspace(automation.LocalWorkspace):
    """Doesn't select a stack that exists: every command names its stack, and selecting costs a
    start of the CLI."""

    exists = False

    def select_stack(self, stack_name: str) -> None:
        if not self.exists:
            super().select_stack(stack_name)


class ProjectStack:
    """The stack of one project in one environment; created in the state backend when missing."""

    def __init__(self, paths: EnvironmentPaths, project: Project, command: EngineCommand) -> None:
        self.project = project
        self._paths = paths
        self._root = paths.project_root
        workspace = _Workspace(
            work_dir=str(paths.work(project.label)),
            pulumi_home=str(paths.pulumi_home),
            program=program(project.source(self._root), self._root),
            pulumi_command=command,
        )
        workspace.exists = checkpoint.exists(paths, project.name(self._root))
        self._stack = automation.Stack.create_or_select(paths.environment, workspace)
        self._command = command

    @property
    def label(self) -> str:
        return self.project.label

    def run(
        self, operation: Operation, on_event: OnEvent, options: Options | None = None
    ) -> ProjectRun:
        """Runs one operation. A failure, or a mandatory rule that it breaks, is part of the result
        and raises nothing."""
        options = options or Options()
        seen: list[EngineEvent] = []

        def record(event: EngineEvent) -> None:
            seen.append(event)
            on_event(event)

        started = time.monotonic()
        outcome, failure = Outcome.SUCCEEDED, ""
        try:
            self._perform(operation, record, options)
        except automation.CommandError as error:
            outcome, failure = Outcome.FAILED, str(error)
        diagnostics = events.diagnostics(seen)
        if failure and not any(diagnostic.severity == "error" for diagnostic in diagnostics):
            diagnostics += (Diagnostic("error", error_lines(failure)),)
        verdict = None
        if options.gate is not None and outcome is Outcome.SUCCEEDED:
            verdict = options.gate.verdict(seen)
            outcome = Outcome.FAILED if verdict.mandatory else outcome
        return ProjectRun(
            project=self.project.label,
            outcome=outcome,
            resources=events.resources(seen),
            diagnostics=diagnostics,
            outputs=self.outputs() if operation is not Operation.DESTROY else {},
            duration_s=time.monotonic() - started,
            unchanged=outcome is Outcome.SUCCEEDED and events.changes_nothing(seen),
            violations=tuple(verdict.violations) if verdict else (),
        )

    def outputs(self) -> Mapping[str, Any]:
        """The recorded outputs, secrets masked."""
        return checkpoint.outputs(self.deployment())

    def deployment(self) -> Mapping[str, Any]:
        """The recorded state, its secrets encrypted."""
        return checkpoint.deployment(self._paths, self.project.name(self._root))

    def revealed_deployment(self) -> Mapping[str, Any]:
        """The recorded state with secrets in the clear: it must not leave this process."""
        return self._export("--show-secrets")["deployment"] or {}

    def replace_state(self, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Records an edited state. Its secrets stay encrypted throughout."""
        exported = self._export()
        edited = {**exported, "deployment": edit(exported["deployment"])}
        with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as file:
            json.dump(edited, file)
            file.flush()
            self.command("stack", "import", "--file", file.name)

    def command(self, *arguments: str) -> str:
        """Runs a command of the CLI on this stack; returns what it prints."""
        directory = self._stack.workspace.work_dir
        result = self._command.run([*arguments, "--stack", self._stack.name], directory, {})
        return result.stdout

    def _export(self, *options: str) -> dict[str, Any]:
        exported: dict[str, Any] = json.loads(self.command("stack", "export", *options))
        return exported

    def _perform(self, operation: Operation, on_event: OnEvent, options: Options) -> None:
        stack, packs = self._stack, [str(pack) for pack in options.policy_packs]
        if operation is Operation.UP:
            stack.up(
                refresh=True,
                on_event=on_event,
                show_secrets=False,
                suppress_outputs=True,
                policy_packs=packs,
            )
        elif operation is Operation.PREVIEW:
            stack.preview(refresh=options.refresh, on_event=on_event, policy_packs=packs)
        elif operation is Operation.DESTROY:
            stack.destroy(on_event=on_event, show_secrets=False)
        elif options.preview_only:
            stack.preview_refresh(on_event=on_event)
        else:
            stack.refresh(on_event=on_event, show_secrets=False)


def error_lines(failure: str) -> str:
    """The error lines of a CLI that failed before it could send an event."""
    lines = [line.strip() for line in failure.splitlines()]
    errors = [line for line in lines if "error:" in line]
    return "\n".join(errors) or failure.strip()
