"""One project's stack on the real CLI through the Automation API."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping
from typing import Any

from pulumi import automation
from pulumi.automation import EngineEvent

from engine import checkpoint, events
from engine.command import EngineCommand
from engine.program import program
from engine.projects import Project
from engine.result import Diagnostic, Operation, Outcome, ProjectRun
from ops.policy_gate import Policing
from policy.waivers import Verdict
from sandbox.paths import Home

OnEvent = Callable[[EngineEvent], None]


class _Workspace(automation.LocalWorkspace):
    """Selects no stack that exists: every command names its own, and the CLI takes its time."""

    known = False

    def select_stack(self, stack_name: str) -> None:
        if not self.known:
            super().select_stack(stack_name)


class ProjectStack:
    """The stack of one project in this environment; made in the state backend when missing."""

    def __init__(self, home: Home, project: Project, command: EngineCommand) -> None:
        self.project = project
        self._home = home
        self._root = home.project_root
        workspace = _Workspace(
            work_dir=str(home.work(project.label)),
            pulumi_home=str(home.pulumi_home),
            program=program(project.source(self._root), self._root),
            pulumi_command=command,
        )
        workspace.known = checkpoint.exists(home, project.name(self._root))
        self._stack = automation.Stack.create_or_select(home.environment, workspace)
        self._command = command

    def run(
        self,
        operation: Operation,
        on_event: OnEvent,
        preview_only: bool = False,
        policing: Policing | None = None,
        *,
        refresh: bool = False,
    ) -> ProjectRun:
        """Runs one operation; a failure, or a rule that it breaks, is part of what is returned."""
        seen: list[EngineEvent] = []

        def record(event: EngineEvent) -> None:
            seen.append(event)
            on_event(event)

        started = time.monotonic()
        outcome, failure = Outcome.SUCCEEDED, ""
        try:
            packs = policing.packs if policing else []
            self._perform(operation, record, preview_only, packs, refresh)
        except automation.CommandError as error:
            outcome, failure = Outcome.FAILED, str(error)
        diagnostics = events.diagnostics(seen)
        if failure and not any(diagnostic.severity == "error" for diagnostic in diagnostics):
            diagnostics += (Diagnostic("error", last_words(failure)),)
        verdict = Verdict()
        if policing is not None and outcome is Outcome.SUCCEEDED:
            verdict = policing.verdict(seen)
            outcome = Outcome.FAILED if verdict.mandatory else outcome
        return ProjectRun(
            project=self.project.label,
            outcome=outcome,
            resources=events.resources(seen),
            diagnostics=diagnostics,
            outputs=self.outputs() if operation is not Operation.DESTROY else {},
            duration_s=time.monotonic() - started,
            verdict=verdict,
        )

    def outputs(self) -> Mapping[str, Any]:
        """The recorded outputs, secrets masked."""
        return checkpoint.outputs(self.deployment())

    def deployment(self) -> Mapping[str, Any]:
        """The recorded state, its secrets encrypted."""
        return checkpoint.deployment(self._home, self.project.name(self._root))

    def revealed_deployment(self) -> Mapping[str, Any]:
        """The recorded state with secrets in the clear: it must not leave this process."""
        return self._export("--show-secrets")["deployment"] or {}

    def replace_state(self, edit: Callable[[Mapping[str, Any]], Mapping[str, Any]]) -> None:
        """Records an edited state. Its secrets stay encrypted all the way."""
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

    def foresee(self, policing: Policing) -> ProjectRun:
        """What `up` would do, refresh included, and what the rules say of it."""
        return self.run(Operation.PREVIEW, lambda _: None, policing=policing, refresh=True)

    def _perform(
        self,
        operation: Operation,
        on_event: OnEvent,
        preview_only: bool,
        packs: list[str],
        refresh: bool,
    ) -> None:
        stack = self._stack
        if operation is Operation.UP:
            stack.up(
                refresh=True,
                on_event=on_event,
                show_secrets=False,
                suppress_outputs=True,
                policy_packs=packs,
            )
        elif operation is Operation.PREVIEW:
            stack.preview(refresh=refresh, on_event=on_event, policy_packs=packs)
        elif operation is Operation.DESTROY:
            stack.destroy(on_event=on_event, show_secrets=False)
        elif preview_only:
            stack.preview_refresh(on_event=on_event)
        else:
            stack.refresh(on_event=on_event, show_secrets=False)


def last_words(failure: str) -> str:
    """The error lines of a CLI that failed before it could send an event."""
    lines = [line.strip() for line in failure.splitlines()]
    errors = [line for line in lines if "error:" in line]
    return "\n".join(errors) or failure.strip()
