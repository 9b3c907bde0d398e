"""Broken stack files are refused with file, key, what is wrong, and what would be right."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from config import load
from config.errors import ConfigurationError
from config.settings.stack import Settings
from tests.unit.config.stack_files import ROOT

Change = Callable[[dict[str, Any]], None]


def _set(path: str, value: Any) -> Change:
    """Sets section/key/… of the `config:` mapping, making mappings on the way."""
    *parents, last = path.split("/")

    def change(config: dict[str, Any]) -> None:
        node = config
        for parent in parents:
            node = node.setdefault(parent, {})
        node[last] = value

    return change


def _drop(path: str) -> Change:
    *parents, last = path.split("/")

    def change(config: dict[str, Any]) -> None:
        node = config
        for parent in parents:
            node = node[parent]
        del node[last]

    return change


PG = "nexusflow:postgres"

SUBNETS = ["subnet-1a", "subnet-1b"]

NETWORK_IDS = {
    "vpc_id": "vpc-1a",
    "vpc_cidr": "10.20.0.0/16",
    "data_subnet_ids": SUBNETS,
    "private_subnet_ids": SUBNETS,
    "repository_url": "123456789012.dkr.ecr.us-east-1.amazonaws.com/pgbouncer",
    "availability_zones": ["us-east-1a", "us-east-1b"],
    "packages_bucket": "our-packages",
}

NET = "nexusflow-foundation:network"

MAIN_FAULTS: list[tuple[Change, str]] = [
    # (change to the production file, the line that names it, after the file)
    (_drop("aws:region"), "aws:region: missing; give an AWS region, such as us-east-1"),
    (_set("aws:region", "virginia"), 'aws:region: "virginia": '),
    (_set("aws:allowedAccountIds", []), "aws:allowedAccountIds: []: "),
    (_set("aws:allowedAccountIds", [123456789012]), "aws:allowedAccountIds.0: 123456789012: "),
    (
        _set("aws:defaultTags/tags/Environment", "staging"),
        "aws:defaultTags.tags.Environment: the tag is not this stack's name; "
        "write Environment: production",
    ),
    (_drop(PG), "nexusflow:postgres: missing; give the PostgreSQL instance"),
    (
        _set("nexusflow:postgre", {}),
        "nexusflow:postgre: unknown key; did you mean postgres?",
    ),
    (_set("nexusflo:database", {}), "nexusflo:database: unknown key; did you mean database?"),
    (_set("nexusflow:environment", "x"), "nexusflow:environment: unknown key; known here: "),
    (
        _set(f"{PG}/instance_clas", "db.r6g.large"),
        "nexusflow:postgres.instance_clas: unknown key; did you mean instance_class?",
    ),
    (_set(f"{PG}/instance_class", "r6g"), 'nexusflow:postgres.instance_class: "r6g": '),
    (_set(f"{PG}/engine_version", "15.4"), 'nexusflow:postgres.engine_version: "15.4": '),
    (_set(f"{PG}/engine_version", 15), "nexusflow:postgres.engine_version: 15: "),
    (_set(f"{PG}/multi_az", "yes"), 'nexusflow:postgres.multi_az: "yes": '),
    (
        _set(f"{PG}/storage/allocated_gb", 10),
        "nexusflow:postgres.storage.allocated_gb: 10: should be greater than or equal to 20; "
        "give the size of the gp3 volume in GB, 20 to 65536",
    ),
    (
        _set(f"{PG}/storage/allocated_gb", 399),
        "nexusflow:postgres.storage.iops: 12000 IOPS on 399 GB: gp3 provides exactly 3000 "
        "below 400 GB; write 3000, or allocate 400 GB or more",
    ),
    (
        _set(f"{PG}/storage/iops", 11999),
        "nexusflow:postgres.storage.iops: 11999 IOPS on 500 GB: gp3 provides at least 12000 from "
        "400 GB; write 12000 to 64000",
    ),
    (_set(f"{PG}/storage/iops", 64001), "nexusflow:postgres.storage.iops: 64001: "),
    (
        _set(f"{PG}/deletion_protection", {"enabled": False}),
        "nexusflow:postgres.deletion_protection.reason: deletion protection is off without a ",
    ),
    (
        _set(f"{PG}/backup_retention_days", 0),
        "nexusflow:postgres.backup_retention_days: 0: should be greater than or equal to 1; ",
    ),
    (_set(f"{PG}/backup_window", "3:00-4:00"), 'nexusflow:postgres.backup_window: "3:00-4:00": '),
    (
        _set(f"{PG}/backup_window", "03:00-03:10"),
        "nexusflow:postgres.backup_window: 03:00-03:10 is shorter than 30 minutes; ",
    ),
    (
        _set(f"{PG}/maintenance_window", "sun:05:00-sun:05:29"),
        "nexusflow:postgres.maintenance_window: sun:05:00-sun:05:29 is shorter than 30 minutes; ",
    ),
    (
        _set(f"{PG}/maintenance_window", "sun:03:30-sun:04:30"),
        "nexusflow:postgres.maintenance_window: sun:03:30-sun:04:30 overlaps backup_window "
        "03:00-04:00; ",
    ),
    (
        _set(f"{PG}/parameters", {"jit": {"value": "0"}}),
        "nexusflow:postgres.parameters.jit.apply_method: missing; give immediate",
    ),
    (
        _set(f"{PG}/parameters", {"work_mem": {"apply_method": "now"}}),
        'nexusflow:postgres.parameters.work_mem.apply_method: "now" is not allowed; '
        "use 'immediate' or 'pending-reboot'",
    ),
    (
        _set(f"{PG}/parameters", {"work_mem": {"valu": "1"}}),
        "nexusflow:postgres.parameters.work_mem.valu: unknown key; did you mean value?",
    ),
    (
        _set("nexusflow:database/roles", {"nexusflow_app": {"connection_limit": 190}}),
        "nexusflow:database.roles: connection limits add up to 230, more than max_connections 200 ",
    ),
    (
        _set(
            "nexusflow:database/roles",
            {"nexusflow_master": {"connection_limit": 1, "credential_version": 1}},
        ),
        "nexusflow:database.roles.nexusflow_master: nexusflow_master is the master user; ",
    ),
    (
        _set("nexusflow:database/roles", {"nexusflow_app": {"credential_version": 0}}),
        "nexusflow:database.roles.nexusflow_app.credential_version: 0: ",
    ),
    (
        _set("nexusflow:secrets/recovery_days", 1),
        "nexusflow:secrets.recovery_days: 1: ",
    ),
    (_set("nexusflow:foundation", "production"), 'nexusflow:foundation: "production": '),
    (
        _set("nexusflow:network", {**NETWORK_IDS, "vpc_cidr": "x"}),
        "nexusflow:network.vpc_cidr: x is not an IPv4 network; ",
    ),
]

FOUNDATION_FAULTS: list[tuple[Change, str]] = [
    (
        _set(f"{NET}/cidr", "10.20.0.0/24"),
        "nexusflow-foundation:network.cidr: 10.20.0.0/24 is not a private IPv4 network of /16 to "
        "/20; ",
    ),
    (_set(f"{NET}/cidr", "8.8.0.0/16"), "nexusflow-foundation:network.cidr: 8.8.0.0/16 is not"),
    (_set(f"{NET}/cidr", "10.20.0.1/16"), "nexusflow-foundation:network.cidr: 10.20.0.1/16 is not"),
    (
        _set(f"{NET}/availability_zones", ["us-east-1a", "eu-west-1b"]),
        "nexusflow-foundation:network.availability_zones: eu-west-1b is not in us-east-1; ",
    ),
    (
        _set(f"{NET}/availability_zones", ["us-east-1a", "us-east-1a"]),
        "nexusflow-foundation:network.availability_zones: us-east-1a is listed twice; ",
    ),
    (
        _set(f"{NET}/availability_zones", ["us-east-1a"]),
        'nexusflow-foundation:network.availability_zones: ["us-east-1a"]: ',
    ),
    (
        _set(f"{NET}/nat", "one"),
        'nexusflow-foundation:network.nat: "one" is not allowed; '
        "use 'none', 'single' or 'per_az'",
    ),
    (
        _set(f"{NET}/nats", "single"),
        "nexusflow-foundation:network.nats: unknown key; did you mean nat?",
    ),
]


def _broken(directory: Path, tmp_path: Path, change: Change) -> ConfigurationError:
    name = "Pulumi.production.yaml"
    document = copy.deepcopy(yaml.safe_load((directory / name).read_text("utf-8")))
    change(document["config"])
    (tmp_path / name).write_text(yaml.safe_dump(document), "utf-8")
    (tmp_path / "Pulumi.yaml").write_text((directory / "Pulumi.yaml").read_text("utf-8"), "utf-8")
    with pytest.raises(ConfigurationError) as refused:
        load.read(tmp_path / name)
    return refused.value


@pytest.mark.parametrize(("change", "line"), MAIN_FAULTS, ids=[line for _, line in MAIN_FAULTS])
def test_a_fault_is_one_line_with_file_key_fault_and_remedy(
    change: Change, line: str, tmp_path: Path
) -> None:
    error = _broken(ROOT, tmp_path, change)
    assert len(error.faults) == 1, str(error)
    assert str(error).startswith(f"{tmp_path / 'Pulumi.production.yaml'}: {line}")
    assert "; " in str(error)
    assert "\n" not in str(error)


@pytest.mark.parametrize(
    ("change", "line"), FOUNDATION_FAULTS, ids=[line for _, line in FOUNDATION_FAULTS]
)
def test_a_fault_of_the_foundation_is_one_line_too(
    change: Change, line: str, tmp_path: Path
) -> None:
    error = _broken(ROOT / "foundation", tmp_path, change)
    assert len(error.faults) == 1, str(error)
    assert str(error).startswith(f"{tmp_path / 'Pulumi.production.yaml'}: {line}")


def test_several_faults_are_all_named_at_once(tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        for one, _ in (MAIN_FAULTS[0], MAIN_FAULTS[6], MAIN_FAULTS[10]):
            one(config)

    assert len(_broken(ROOT, tmp_path, change).faults) == 3


def test_values_and_a_foundation_stack_exclude_each_other(tmp_path: Path) -> None:
    def change(config: dict[str, Any]) -> None:
        config["nexusflow:foundation"] = "acme/nexusflow-foundation/production"
        config["nexusflow:network"] = NETWORK_IDS

    assert "given together with nexusflow:foundation" in str(_broken(ROOT, tmp_path, change))


def test_an_unreadable_file_and_a_foreign_project_are_faults(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="unreadable"):
        load.read(tmp_path / "Pulumi.production.yaml")
    (tmp_path / "Pulumi.production.yaml").write_text("config: {}\n", "utf-8")
    (tmp_path / "Pulumi.yaml").write_text("name: other\n", "utf-8")
    with pytest.raises(ConfigurationError, match="other is not a project of this repository"):
        load.read(tmp_path / "Pulumi.production.yaml")


@pytest.mark.parametrize("name", ["Staging_1", "preproduction"])
def test_a_stack_name_that_cannot_be_part_of_every_physical_name_is_refused(name: str) -> None:
    config = yaml.safe_load((ROOT / "Pulumi.staging.yaml").read_text("utf-8"))["config"]
    with pytest.raises(ConfigurationError, match="a stack name of 2 to 12"):
        load.parse(Settings, name, config, f"Pulumi.{name}.yaml")
