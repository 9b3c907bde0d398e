"""What README, CONTRIBUTING and the architecture page name is there: commands, targets, figures."""

from __future__ import annotations

import re

import pytest
import typer.main

from acceptance import documented
from ops.cli import app
from tests.unit.repository import tree

DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/architecture.md")
COMMAND = re.compile(r"\bnexusdb((?: [a-z]+)+)")
TARGET = re.compile(r"(?:^|`|; )make ([a-z][a-z-]*)", re.MULTILINE)
PATH = re.compile(r"`((?:[\w.-]+/)+[\w.-]*)`")
README = (tree.ROOT / "README.md").read_text("utf-8")


def document(name: str) -> str:
    return (tree.ROOT / name).read_text("utf-8")


def unknown_part(words: list[str]) -> str | None:
    """The first word that is no command where it stands; None if all lead to a command."""
    command = typer.main.get_command(app)
    for word in words:
        subcommands = getattr(command, "commands", None)
        if subcommands is None:
            return None  # the words after a command are its arguments
        if word not in subcommands:
            return word
        command = subcommands[word]
    return None


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_named_command_exists(name: str) -> None:
    found = COMMAND.findall(document(name))
    assert found
    assert [words for words in found if unknown_part(words.split())] == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_named_make_target_exists(name: str) -> None:
    targets = set(re.findall(r"^([\w-]+):", document("Makefile"), re.MULTILINE))
    assert set(TARGET.findall(document(name))) <= targets


@pytest.mark.parametrize("name", [*DOCUMENTS, "CHANGELOG.md"])
def test_every_named_path_exists(name: str) -> None:
    paths = PATH.findall(document(name))
    missing = {path for path in paths if not (tree.ROOT / path).exists()}
    assert missing <= {"config/access.yaml", "migrations/YYYYMMDD_what.sql"}, "former or an example"


@pytest.mark.parametrize("environment", documented.INSTANCES)
def test_the_readme_states_the_documented_instance(environment: str) -> None:
    instance = documented.INSTANCES[environment]
    table = README.partition("## What is provisioned")[2].partition("\n## ")[0]
    assert instance.instance_class in table
    assert f"{instance.storage_gb} GB {instance.storage_type}, {instance.iops:,} IOPS" in table


def test_the_readme_states_the_documented_parameters() -> None:
    for name, value in documented.PARAMETERS.items():
        shown = re.sub(r"(?<=\d)(?=[GM]B)", " ", value)
        assert f"`{name}` {shown}" in README


def test_an_unknown_command_is_found() -> None:
    assert unknown_part(["sandbox", "upp"]) == "upp"
    assert unknown_part(["config", "check", "file"]) is None
