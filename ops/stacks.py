"""Settings and stacks of deployed environments, read with the official Pulumi CLI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pulumi import automation

from config import load
from config.settings.stack import Settings

CLI = "pulumi"


class StackError(Exception):
    """The stack cannot be read; the message says which one and why."""


def settings(project_root: Path, environment: str) -> Settings:
    """The main project's settings for an environment. Raises ConfigurationError."""
    loaded = load.read(project_root / f"Pulumi.{environment}.yaml")
    assert isinstance(loaded, Settings)  # noqa: S101 - the root directory holds the main project
    return loaded


def outputs(stack: automation.Stack) -> dict[str, Any]:
    """A stack's output values by name."""
    return {name: output.value for name, output in stack.outputs().items()}


@contextmanager
def readable_errors(project_directory: Path, environment: str) -> Iterator[None]:
    """Turns failures of the CLI into StackError, reduced to the lines that state an error."""
    try:
        yield
    except automation.StackNotFoundError:
        raise StackError(f"{project_directory}: there is no stack {environment!r}") from None
    except automation.CommandError as error:
        lines = [line.strip() for line in str(error).splitlines() if "error:" in line]
        reason = "; ".join(lines) or "the Pulumi CLI failed"
        raise StackError(f"{project_directory}: {reason}") from None
    except FileNotFoundError as error:
        if error.filename != CLI:
            raise
        raise StackError(f"the Pulumi CLI ({CLI}) is not on the PATH; install it") from None
