"""Failures of the Pulumi CLI, as the commands for deployed environments report them."""

from __future__ import annotations

from pathlib import Path

import pytest
from pulumi.automation import CommandError, CommandResult, StackNotFoundError

from ops.stacks import StackError, readable_errors

PROJECT = Path("project")
OUTPUT = "Previewing update (staging)\nerror: no credentials\nview live: nowhere"


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (StackNotFoundError(CommandResult("", "", 255)), "project: there is no stack 'staging'"),
        (CommandError(CommandResult("", OUTPUT, 1)), "project: error: no credentials"),
        (CommandError(CommandResult("", "", 1)), "project: the Pulumi CLI failed"),
        (FileNotFoundError(2, "No such file", "pulumi"), "the Pulumi CLI (pulumi) is not on the"),
    ],
    ids=["no stack", "an error", "no message", "no CLI"],
)
def test_a_failure_of_the_cli_is_reduced_to_what_went_wrong(error: Exception, message: str) -> None:
    with pytest.raises(StackError) as raised, readable_errors(PROJECT, "staging"):
        raise error
    assert str(raised.value).startswith(message)


def test_another_missing_file_is_not_taken_for_the_cli() -> None:
    with pytest.raises(FileNotFoundError), readable_errors(PROJECT, "staging"):
        raise FileNotFoundError(2, "No such file", "Pulumi.yaml")
