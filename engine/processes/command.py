"""Runs the Pulumi CLI for the Automation API: in its own session, to end it cleanly."""

from __future__ import annotations

import os
import subprocess
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

from pulumi.automation import CommandResult, PulumiCommand
from pulumi.automation.errors import create_command_error
from semver import VersionInfo

from engine.processes.interrupts import Interrupts

OnLine = Callable[[str], Any]


class EngineCommand(PulumiCommand):
    """The CLI at a known path, run in its own session. Otherwise it would receive Ctrl-C twice,
    from the terminal and from us, and take the second one as a request to stop immediately."""

    def __init__(self, executable: Path, version: VersionInfo, interrupts: Interrupts) -> None:
        # not super().__init__: it would search for the CLI and run `pulumi version` again
        self.command = str(executable)
        self.version = version
        self._interrupts = interrupts

    def run(
        self,
        args: list[str],
        cwd: str,
        additional_env: Mapping[str, str],
        on_output: OnLine | None = None,
        on_error: OnLine | None = None,
    ) -> CommandResult:
        """As PulumiCommand.run; raises InterruptedRunError when a signal ended the CLI."""
        self._interrupts.raise_if_received()
        environment = {**os.environ, **additional_env, "PULUMI_AUTOMATION_API": "true"}
        with (
            subprocess.Popen(
                [self.command, "--non-interactive", *args],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                cwd=cwd,
                env=environment,
                encoding="utf-8",
                start_new_session=True,
            ) as process,
            self._interrupts.passed_to(process),
        ):
            output = _Reader(process.stdout, on_output)
            errors = _Reader(process.stderr, on_error)
            code = process.wait()
            result = CommandResult(stdout=output.text(), stderr=errors.text(), code=code)
        self._interrupts.raise_if_received()
        if code != 0:
            raise create_command_error(result)
        return result


class _Reader:
    """Reads one stream to its end in a thread of its own."""

    def __init__(self, stream: IO[str] | None, on_line: OnLine | None) -> None:
        self._lines: list[str] = []
        self._stream = stream
        self._on_line = on_line
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        assert self._stream is not None  # noqa: S101
        for line in self._stream:
            self._lines.append(line.rstrip())
            if self._on_line is not None:
                self._on_line(self._lines[-1])

    def text(self) -> str:
        # a plugin that outlives the CLI keeps the pipe open: don't wait for it forever
        self._thread.join(timeout=5)
        return "\n".join(self._lines)
