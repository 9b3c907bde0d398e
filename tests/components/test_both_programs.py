"""Properties of both programs in every environment."""

from __future__ import annotations

import os
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

import pulumi
import pytest

from tests.components.recording import ROOT, run_program, stack_config

ENVIRONMENTS = ("production", "staging")


@pytest.mark.parametrize("directory", [ROOT, ROOT / "foundation"], ids=["main", "foundation"])
def test_logical_names_are_the_same_in_both_environments(directory: Path) -> None:
    names = [
        {r.name for r in run_program(directory, environment).resources}
        for environment in ENVIRONMENTS
    ]
    # staging has fewer NAT gateways, replicas and nodes; whatever both have is called the same
    sizes = re.compile(
        r"-nat-|-replica|-readers-|clickhouse-\d-\d|clickhouse-keeper-|redis-(cache|state)-\d"
    )
    assert not {name for name in names[0] ^ names[1] if not sizes.search(name)}
    assert not [n for n in names[0] | names[1] if any(e in n for e in ENVIRONMENTS)]


@pytest.mark.parametrize("directory", [ROOT, ROOT / "foundation"], ids=["main", "foundation"])
def test_every_resource_belongs_to_a_component(directory: Path) -> None:
    for resource in run_program(directory, "staging").resources:
        if not resource.token.startswith("nexusflow:"):
            assert "$nexusflow:" in f"${resource.request.parent}".replace("::", "$")


def test_a_program_runs_twice_in_one_process_with_the_same_result() -> None:
    main = run_program(ROOT, "production")
    again = run_program(ROOT, "production", stack_config(ROOT, "production"))  # not from the cache
    assert {(r.token, r.name) for r in again.resources} == {
        (r.token, r.name) for r in main.resources
    }
    assert again.outputs == main.outputs


def test_a_wrong_configuration_is_refused_before_anything_is_registered() -> None:
    config: dict[str, Any] = stack_config(ROOT, "staging")
    config["nexusflow:postgres"]["storage"] = {"allocated_gb": 100, "iops": 12000}
    with pytest.raises(pulumi.RunError) as refused:
        run_program(ROOT, "staging", config)
    assert "Pulumi.staging.yaml: nexusflow:postgres.storage.iops: 12000 IOPS" in str(refused.value)


def test_the_main_program_does_not_branch() -> None:
    text = (ROOT / "__main__.py").read_text("utf-8")
    assert not re.search(r"^\s*(if|for|while|match|try)\b", text, re.MULTILINE)
    assert not any(environment in text for environment in ENVIRONMENTS)


@pytest.mark.parametrize("directory", [ROOT, ROOT / "foundation"], ids=["main", "foundation"])
def test_a_program_finds_the_packages_from_its_own_directory(directory: Path) -> None:
    # Pulumi's language host starts the interpreter of .venv there, nothing else on its path.
    program = "import components.network.network, components.outputs, config.load"
    subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        check=True,
        cwd=directory,
        env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"},
    )


def test_importing_the_components_registers_nothing() -> None:
    paths = sorted((ROOT / "components").rglob("*.py"))
    assert paths
    for path in paths:
        runpy.run_path(str(path), run_name=".".join(path.relative_to(ROOT).with_suffix("").parts))
