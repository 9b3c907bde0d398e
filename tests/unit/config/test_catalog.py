"""The catalogs of what AWS offers, against AWS's own data as development packages carry it."""

from __future__ import annotations

import gzip
import json
import re
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from config.aws import catalog
from config.aws.catalog import InstanceClass, ParameterKind
from config.load import AWS_PROVIDER_KEYS

FAMILIES = {"t4g", "m6g", "m7g", "m8g", "r6g", "r7g", "r8g"}
"""Graviton without local disks: what a class of RDS is called after its processor."""


def _data(package: str, path: str) -> Any:
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / path
    content = file.read_bytes()
    return json.loads(gzip.decompress(content) if path.endswith(".gz") else content)


@pytest.fixture(scope="module")
def instance_types() -> Any:
    """EC2's DescribeInstanceTypes, as moto ships it."""
    return _data("moto", "ec2/resources/instance_types.json.gz")


def _offered() -> set[str]:
    """The classes that cfn-lint lists for the newest minor version of PostgreSQL 15."""
    rules = _data("cfnlint", "data/schemas/extensions/aws_rds_dbinstance/db_instance_class.json")
    by_minor: dict[int, set[str]] = {}
    for rule in rules["allOf"]:
        condition = rule["if"]["properties"]
        minor = re.match(r"\^\(15\\\.(\d+)", condition.get("EngineVersion", {}).get("pattern", ""))
        if condition["Engine"].get("const") == "postgres" and minor:
            by_minor[int(minor[1])] = set(rule["then"]["properties"]["DBInstanceClass"]["enum"])
    return by_minor[max(by_minor)]


def test_the_catalog_holds_the_graviton_classes_that_rds_offers() -> None:
    offered = {name for name in _offered() if name.split(".")[1] in FAMILIES}
    assert set(catalog.instance_classes()) == offered


@pytest.mark.parametrize("name", sorted(catalog.instance_classes()))
def test_a_class_has_the_figures_of_its_instance_type(name: str, instance_types: Any) -> None:
    row = catalog.instance_classes()[name]
    told = instance_types[name.removeprefix("db.")]
    storage = told["EbsInfo"]["EbsOptimizedInfo"]
    most_iops, most_throughput = row.burst or (row.iops, row.throughput_mb_s)
    assert told["ProcessorInfo"]["SupportedArchitectures"] == ["arm64"]
    assert row.vcpu == told["VCpuInfo"]["DefaultVCpus"]
    assert row.memory_gib * 1024 == told["MemoryInfo"]["SizeInMiB"]
    assert row.iops == storage["BaselineIops"]
    assert row.throughput_mb_s == pytest.approx(storage["BaselineThroughputInMBps"], abs=0.01)
    assert most_iops == storage["MaximumIops"]
    assert most_throughput == pytest.approx(storage["MaximumThroughputInMBps"], abs=0.01)


def test_the_documented_classes_have_the_measured_figures() -> None:
    measured = {  # reference: EBS baseline and burst of db.r6g
        "db.r6g.large": (3_600, 78.75, 20_000),
        "db.r6g.xlarge": (6_000, 148.5, 20_000),
        "db.r6g.2xlarge": (12_000, 296.875, 20_000),
    }
    for name, figures in measured.items():
        row: InstanceClass = catalog.instance_classes()[name]
        assert (row.iops, row.throughput_mb_s, row.most_iops) == figures


@pytest.mark.parametrize(
    ("name", "admitted", "refused"),
    [
        ("work_mem", ["64", "65536"], ["63", "64MB", "1.5", "", "{DBInstanceClassMemory/32768}"]),
        ("random_page_cost", ["1.1", "4", "0"], ["-1", "cheap"]),
        ("jit", ["0", "1"], ["on", "true"]),
        ("log_statement", ["none", "ddl"], ["NONE", "some"]),
        ("shared_preload_libraries", ["pg_stat_statements,auto_explain"], []),
    ],
)
def test_a_parameter_admits_what_its_kind_does(
    name: str, admitted: list[str], refused: list[str]
) -> None:
    kind: ParameterKind = catalog.parameter_kinds(15)[name]
    assert [value for value in admitted if not kind.admits(value)] == []
    assert [value for value in refused if kind.admits(value)] == []


def test_the_keys_of_the_aws_provider_are_those_of_its_sdk() -> None:
    spec = find_spec("pulumi_aws")
    assert spec is not None
    assert spec.origin is not None
    text = (Path(spec.origin).parent / "provider.py").read_text("utf-8")
    named = set(re.findall(r'@pulumi\.getter\(name="(\w+)"\)', text))
    plain = set(re.findall(r"@pulumi\.getter\n    def (\w+)", text))
    assert named | plain == AWS_PROVIDER_KEYS


@pytest.mark.parametrize("name", sorted(catalog.cache_nodes()))
def test_a_cache_node_is_offered_and_smaller_than_its_instance_type(
    name: str, instance_types: Any
) -> None:
    path = "data/schemas/extensions/aws_elasticache_cachecluster/cachenodetype_enum.json"
    assert name in _data("cfnlint", path)["us-east-1"]["enum"]
    row, told = catalog.cache_nodes()[name], instance_types.get(name.removeprefix("cache."))
    assert told is not None
    assert row.vcpu == told["VCpuInfo"]["DefaultVCpus"]
    # Redis gets what the system and ElastiCache leave of the memory
    assert 0.4 < row.memory_gib * 1024 / told["MemoryInfo"]["SizeInMiB"] < 0.9
