"""The inputs of every resource of both projects and environments, compared with golden files.

A refactoring leaves the files unchanged; a change of what is deployed shows up as a difference of
them, one line per input.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from tests.components.recording import ROOT, RecordedResource, run_program
from tests.golden import golden

GOLDEN = Path(__file__).parent / "golden"
PROJECTS = {"main": ROOT, "foundation": ROOT / "foundation"}


def _document(value: Any) -> Any:
    """The value with JSON strings parsed, so that the order of keys makes no difference."""
    if isinstance(value, dict):
        return {key: _document(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_document(item) for item in value]
    if isinstance(value, str) and value[:1] in ("{", "["):
        try:
            return json.loads(value)
        except json.JSONDecodeError:
            return value
    return value


def _input(key: str, value: Any) -> Any:
    if key == "__provider":  # a pickle: it differs with every interpreter
        return "<pickled provider>"
    if key == "userData":  # long; golden files of its own show it as a host gets it
        return f"sha256:{hashlib.sha256(str(value).encode()).hexdigest()}"
    return _document(value)


def _rendered(resource: RecordedResource) -> str:
    """The resource with one line per input, which makes differences readable."""
    inputs = ",\n".join(
        f"  {json.dumps(key)}: "
        + json.dumps(_input(key, value), sort_keys=True, ensure_ascii=False)
        for key, value in sorted(resource.inputs.items())
    )
    return f" {json.dumps(f'{resource.token} {resource.name}')}: {{\n{inputs}\n }}"


def recorded(project: str, environment: str) -> str:
    """A JSON document of all resources except components, by type and logical name."""
    resources = sorted(
        _rendered(resource)
        for resource in run_program(PROJECTS[project], environment).resources
        if not resource.token.startswith("nexusflow:")
    )
    return "{\n" + ",\n".join(resources) + "\n}\n"


@pytest.mark.parametrize("environment", ["production", "staging"])
@pytest.mark.parametrize("project", list(PROJECTS))
def test_the_inputs_of_every_resource_are_the_recorded_ones(project: str, environment: str) -> None:
    file = GOLDEN / f"{project}-{environment}.json"
    found = recorded(project, environment)
    assert json.loads(found) == json.loads(golden(file, found))
