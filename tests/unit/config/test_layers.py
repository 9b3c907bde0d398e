"""Imports inside config/ point one way: aws and sizing <- settings <- rules <- load and check."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[3] / "config"
BASE = {"config.errors", "config.model", "config.yaml_files"}
"""Modules without settings, which every layer may use."""
LAYERS = {
    "sizing": {"config.sizing"},
    "aws": BASE | {"config.aws"},
    "settings": BASE | {"config.aws", "config.sizing", "config.settings"},
    "rules": BASE | {"config.aws", "config.sizing", "config.settings", "config.rules"},
}
"""Folder -> what of config/ its modules may import."""


def imported(file: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom):
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {module for module in found if module.startswith("config.")}


@pytest.mark.parametrize("layer", LAYERS)
def test_a_layer_imports_only_the_layers_below_it(layer: str) -> None:
    files = sorted((CONFIG / layer).glob("*.py"))
    assert len(files) > 1
    wrong = [
        f"{file.name}: {module}"
        for file in files
        for module in sorted(imported(file))
        if not any(f"{module}.".startswith(f"{allowed}.") for allowed in LAYERS[layer])
    ]
    assert wrong == []
