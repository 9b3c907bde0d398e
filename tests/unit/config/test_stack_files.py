"""The stack files of this repository: documented figures, the same sections, no secrets."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import UnionType
from typing import Any, Union, get_args, get_origin

import pytest
import yaml
from pydantic import BaseModel

from config import load
from config.settings.stack import FoundationSettings, Settings
from tests.unit.config.stack_files import ROOT

STACK_FILES = sorted([*ROOT.glob("Pulumi.*.yaml"), *(ROOT / "foundation").glob("Pulumi.*.yaml")])

DOCUMENTED = {
    # environment: (class, GB, IOPS, Multi-AZ)
    "production": ("db.r6g.xlarge", 500, 12_000, True),
    "staging": ("db.r6g.large", 100, 3_000, False),
}

DOCUMENTED_PARAMETERS = {
    "max_connections": "200",
    "shared_buffers": "4GB",
    "effective_cache_size": "12GB",
    "work_mem": "64MB",
    "maintenance_work_mem": "1GB",
    "random_page_cost": "1.1",
    "effective_io_concurrency": "200",
}

UNIT_KB = {"shared_buffers": 8, "effective_cache_size": 8, "work_mem": 1, "maintenance_work_mem": 1}


def _main(environment: str) -> Settings:
    settings = load.read(ROOT / f"Pulumi.{environment}.yaml")
    assert isinstance(settings, Settings)
    return settings


@pytest.mark.parametrize("environment", DOCUMENTED)
def test_a_stack_file_states_the_documented_figures(environment: str) -> None:
    postgres = _main(environment).postgres
    figures = (
        postgres.instance_class,
        postgres.storage.allocated_gb,
        postgres.storage.iops,
        postgres.multi_az,
    )
    assert figures == DOCUMENTED[environment]
    assert postgres.engine_version == "15"
    assert postgres.backup_retention_days == 7


@pytest.mark.parametrize("environment", DOCUMENTED)
def test_the_seven_documented_parameters_are_the_ones_of_the_documentation(
    environment: str,
) -> None:
    stated = {
        name: parameter.documented
        for name, parameter in _main(environment).postgres.parameters.items()
        if parameter.documented is not None
    }
    assert stated == DOCUMENTED_PARAMETERS


@pytest.mark.parametrize(("name", "unit"), UNIT_KB.items())
def test_a_parameter_in_rds_units_is_the_documented_size(name: str, unit: int) -> None:
    parameter = _main("production").postgres.parameters[name]
    assert parameter.documented is not None
    size = {"MB": 1024, "GB": 1024**2}[parameter.documented[-2:]] * int(parameter.documented[:-2])
    assert int(parameter.value) * unit == size


def test_production_is_protected_and_staging_says_why_it_is_not() -> None:
    assert _main("production").postgres.deletion_protection.enabled
    staging = _main("staging").postgres.deletion_protection
    assert not staging.enabled
    assert staging.reason


def _keys(value: Any, path: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for key, item in value.items():
            yield from _keys(item, f"{path}.{key}")
    else:
        yield path


@pytest.mark.parametrize("directory", [ROOT, ROOT / "foundation"], ids=["main", "foundation"])
def test_the_environments_differ_in_values_not_in_sections(directory: Path) -> None:
    config = [
        yaml.safe_load((directory / f"Pulumi.{environment}.yaml").read_text("utf-8"))["config"]
        for environment in DOCUMENTED
    ]
    protected = (
        "nexusflow:postgres",
        "nexusflow:pgbouncer",
        "nexusflow:redis",
        "nexusflow:clickhouse",
        "nexusflow:backups",
        "nexusflow-foundation:images",
        "nexusflow-foundation:network",
    )
    optional = {f".{section}.deletion_protection.reason" for section in protected}
    keys = [set(_keys(one)) - optional for one in config]
    assert keys[0] == keys[1]


@pytest.mark.parametrize("path", STACK_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_stack_file_carries_a_ciphertext_or_a_backend(path: Path) -> None:
    document = yaml.safe_load(path.read_text("utf-8"))
    assert document.keys() == {"config"}
    assert "secure:" not in path.read_text("utf-8")


def test_a_change_in_a_stack_file_merges_into_the_catalog_row() -> None:
    config = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text("utf-8"))["config"]
    config["nexusflow:postgres"]["parameters"] = {"work_mem": {"value": "32768"}}
    settings = load.parse(Settings, "staging", config, "Pulumi.staging.yaml")
    assert settings.postgres.parameters["work_mem"].value == "32768"
    assert settings.postgres.parameters["work_mem"].apply_method == "immediate"
    assert settings.postgres.parameters["max_connections"].value == "200"


def _fields(model: type[BaseModel]) -> Iterator[tuple[str, str | None]]:
    for name, field in model.model_fields.items():
        yield f"{model.__name__}.{name}", field.description
        yield from _fields_of(field.annotation)


def _fields_of(annotation: Any) -> Iterator[tuple[str, str | None]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from _fields(annotation)
    elif get_origin(annotation) is not None or isinstance(annotation, (UnionType, type(Union))):
        for argument in get_args(annotation):
            yield from _fields_of(argument)


@pytest.mark.parametrize("model", [Settings, FoundationSettings])
def test_every_setting_says_what_would_be_right(model: type[BaseModel]) -> None:
    assert [name for name, description in _fields(model) if not description] == []


def test_checking_files_needs_no_pulumi() -> None:
    program = (
        "import sys; from pathlib import Path; from config import load; "
        f"load.read(Path({str(ROOT / 'Pulumi.production.yaml')!r})); "
        "assert not [name for name in sys.modules if name.startswith('pulumi')]"
    )
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
