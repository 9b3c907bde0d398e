"""The constructor that every component has, and names that no file below the programs contains."""

from __future__ import annotations

import dataclasses
import importlib
import inspect
import re
from pathlib import Path
from typing import get_type_hints

import pulumi
import pytest

from tests.components.recording import ROOT

MODULES = sorted(
    ".".join(path.relative_to(ROOT).with_suffix("").parts)
    for path in (ROOT / "components").rglob("*.py")
    if path.stem != "__init__"
)
ENVIRONMENTS = sorted(
    path.name.removeprefix("Pulumi.").removesuffix(".yaml") for path in ROOT.glob("Pulumi.*.yaml")
)
SOURCES = [
    path
    for directory in ("components", "config", "database")
    for path in sorted((ROOT / directory).rglob("*.py"))
]


def _components() -> list[type[pulumi.ComponentResource]]:
    return [
        kind
        for module in MODULES
        for kind in vars(importlib.import_module(module)).values()
        if inspect.isclass(kind)
        and issubclass(kind, pulumi.ComponentResource)
        and kind.__module__ == module
    ]


def test_components_are_discovered() -> None:
    assert {"KmsKeys", "PostgresCluster", "PostgresSecurityGroup", "PostgresRoles", "Network"} <= {
        kind.__name__ for kind in _components()
    }


@pytest.mark.parametrize("kind", _components(), ids=lambda kind: kind.__name__)
def test_a_component_takes_name_args_and_opts(kind: type[pulumi.ComponentResource]) -> None:
    assert list(inspect.signature(kind.__init__).parameters) == ["self", "name", "args", "opts"]
    hints = get_type_hints(kind.__init__)
    assert hints["name"] is str
    assert hints["opts"] == pulumi.ResourceOptions | None
    args = hints["args"]
    assert args.__name__ == f"{kind.__name__}Args"
    assert dataclasses.is_dataclass(args)
    assert vars(args)["__dataclass_params__"].frozen
    assert all(field.kw_only for field in dataclasses.fields(args))


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_file_below_the_programs_names_an_environment(path: Path) -> None:
    text = path.read_text("utf-8")
    assert not re.search("|".join(ENVIRONMENTS), text)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_point_one_way(path: Path) -> None:
    layers = {"config": ["config"], "database": ["config", "database"]}
    directory = path.relative_to(ROOT).parts[0]
    allowed = layers.get(directory, ["config", "database", "components"])
    text = path.read_text("utf-8")
    imported = re.findall(r"^\s*(?:from|import) (\w+)", text, re.MULTILINE)
    own = {"config", "database", "components", "foundation", "ops", "sandbox", "tests"}
    assert not (set(imported) & own) - set(allowed)
