"""Runs a project's program in this process, as Pulumi's language host would run it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import runpy
import sys
import traceback
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2
from pulumi.runtime.stack import ResourceRegistrationFailed, wait_for_rpcs


def program(source: Path, root: Path) -> Callable[[], Awaitable[None]]:
    """The program in this directory. Errors name files relative to the project's root."""

    async def run() -> None:
        settings.SETTINGS.engine = _WithoutDebugMessages(settings.get_engine())
        with _as_in_a_real_run(source):
            try:
                runpy.run_path(str(source / "__main__.py"), run_name="__main__")
            except pulumi.RunError:
                raise
            except Exception as error:
                raise pulumi.RunError(_failure(error, root)) from error
        # outside: the run's own output meanwhile must not be redirected like the program's
        await _outputs_are_known()

    return run


class _WithoutDebugMessages:
    """The engine's client without debug messages. The SDK sends five per resource, each blocks the
    program for a round trip, and the engine discards them unless debug logging is on."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def Log(self, request: Any) -> None:
        if request.severity != engine_pb2.DEBUG:
            self._engine.Log(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)


async def _outputs_are_known() -> None:
    """Waits for all outputs at once. The SDK's own loop waits for the first one each time, which is
    quadratic in the number of outputs and takes seconds for a large program."""
    await wait_for_rpcs(await_all_outstanding_tasks=False)
    while outputs := set(settings.SETTINGS.outputs):
        settings.SETTINGS.outputs.difference_update(outputs)
        done, _ = await asyncio.wait(outputs)
        for output in done:
            with contextlib.suppress(ResourceRegistrationFailed):  # the engine reports it itself
                await output


@contextlib.contextmanager
def _as_in_a_real_run(directory: Path) -> Iterator[None]:
    """Sets up what a program finds under the language host: its directory is the working directory
    and first on the module path. Its prints go to stderr, since stdout belongs to the run."""
    path = list(sys.path)
    before = Path.cwd()
    sys.path.insert(0, str(directory))
    os.chdir(directory)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            yield
    finally:
        os.chdir(before)
        sys.path[:] = path


def _failure(error: Exception, root: Path) -> str:
    """The error and where it arose in the project, without the frames of the SDK and of the run."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if Path(frame.filename).is_relative_to(root)]
    ours = [frame for frame in ours if ".venv" not in frame.filename]
    places = [
        f"  {Path(frame.filename).relative_to(root)}:{frame.lineno} in {frame.name}"
        for frame in ours
        if Path(frame.filename) != Path(__file__)
    ]
    return "\n".join([f"the program failed: {type(error).__name__}: {error}", *places])
