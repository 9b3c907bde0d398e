"""Rules of the ClickHouse cluster: version, number and types of nodes, volumes, Keepers."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from config.aws import catalog
from config.rules.rule import Case, ConfigRule
from config.settings.stack import Settings
from config.sizing import clickhouse

LINE = "23.8"
"""The documented release line."""
MOST_HOSTS = 8
"""The most nodes with data whose addresses fit into EC2's user data."""
NO_FILE = "0" * 64
"""The checksum in a new stack file: no package has it."""


def unknown_types(s: Settings) -> Iterator[Case]:
    known = [name.removeprefix("db.") for name in catalog.instance_classes()]
    for key, name in (
        ("instance_type", s.clickhouse.instance_type),
        ("keepers.instance_type", s.clickhouse.keepers.instance_type),
    ):
        if name not in known:
            yield {"key": key, "type": name, "near": get_close_matches(name, known, 1, 0)[0]}


def small_volume(s: Settings) -> Iterator[Case]:
    need = s.clickhouse.event_volume
    if s.clickhouse.volume.size_gb < need.volume_gb:
        yield {"sum": need, "fill": f"{clickhouse.FILL:.0%}", "need": need.volume_gb}


def small_memory(s: Settings) -> Iterator[Case]:
    of_type = catalog.instance_type(s.clickhouse.instance_type)
    if of_type is not None and of_type.memory_gib < clickhouse.LEAST_MEMORY_GIB:
        yield {"memory": f"{of_type.memory_gib:g}"}


def beyond_the_host(s: Settings) -> Iterator[Case]:
    of_type = catalog.instance_type(s.clickhouse.instance_type)
    if of_type is not None and s.clickhouse.volume.iops > of_type.most_iops:
        yield {"most": of_type.most_iops}


def unchecked_packages(s: Settings) -> Iterator[Case]:
    packages = s.clickhouse.packages.model_dump(by_alias=True)
    unchecked = [name for name, checksum in packages.items() if checksum == NO_FILE]
    if unchecked:
        yield {"names": ", ".join(unchecked)}


CH = "nexusflow:clickhouse"
ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{CH}.version",
        lambda s: not s.clickhouse.version.startswith(f"{LINE}."),
        "{s.clickhouse.version} is not in the documented release line " + LINE,
        f"write 23.8.16.40, the last release of {LINE}",
    ),
    ConfigRule(
        f"{CH}.{{key}}",
        unknown_types,
        "{type} is not a Graviton type listed in config/aws/instance_classes.yaml",
        "did you mean {near}?",
    ),
    ConfigRule(
        f"{CH}.instance_type",
        small_memory,
        "{s.clickhouse.instance_type} has {memory} GiB, too little for ClickHouse",
        f"use a type with {clickhouse.LEAST_MEMORY_GIB} GiB or more",
    ),
    ConfigRule(
        f"{CH}.shards",
        lambda s: s.clickhouse.hosts > MOST_HOSTS,
        "{s.clickhouse.shards} shards of {s.clickhouse.replicas} replicas are "
        "{s.clickhouse.hosts} hosts, whose addresses do not fit into EC2's user data",
        f"stay within {MOST_HOSTS} hosts with larger instance types and volumes",
    ),
    ConfigRule(
        f"{CH}.keepers.count",
        lambda s: s.clickhouse.keepers.count % 2 == 0,
        "{s.clickhouse.keepers.count} Keepers tolerate no more failures than one fewer would",
        "write 1 or 3",
    ),
    ConfigRule(
        f"{CH}.keepers.count",
        lambda s: s.clickhouse.replicas > 1 and s.clickhouse.keepers.count == 1,
        "{s.clickhouse.replicas} replicas would all become read-only without their one Keeper",
        "write 3, or replicas: 1",
    ),
    ConfigRule(
        f"{CH}.volume.size_gb",
        small_volume,
        "{s.clickhouse.volume.size_gb} GB, but {sum}, which may fill only {fill} of a volume",
        "write {need} or more, or raise shards, or lower events.retention_months",
    ),
    ConfigRule(
        f"{CH}.volume.iops",
        lambda s: s.clickhouse.volume.iops > clickhouse.most_iops(s.clickhouse.volume.size_gb),
        "{s.clickhouse.volume.iops} IOPS on {s.clickhouse.volume.size_gb} GB: gp3 allows "
        f"{clickhouse.IOPS_PER_GB} per GB",
        f"write {clickhouse.BASELINE_IOPS}, or a larger size_gb",
    ),
    ConfigRule(
        f"{CH}.volume.iops",
        beyond_the_host,
        "{s.clickhouse.volume.iops} IOPS on {s.clickhouse.instance_type}, which reaches at most "
        "{most}",
        "write {most} or less, or use a larger instance_type",
    ),
    ConfigRule(
        f"{CH}.volume.throughput_mb_s",
        lambda s: (
            s.clickhouse.volume.throughput_mb_s
            > clickhouse.most_throughput(s.clickhouse.volume.iops)
        ),
        "{s.clickhouse.volume.throughput_mb_s} MB/s with {s.clickhouse.volume.iops} IOPS: gp3 "
        "allows a quarter of the IOPS",
        "lower it, or raise iops",
    ),
)
WARNINGS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{CH}.packages",
        unchecked_packages,
        "the checksum is all zeros, so hosts refuse to install {names}",
        "upload the files to the mirror and write the sha256sum of each",
    ),
    ConfigRule(
        f"{CH}.replicas",
        lambda s: s.clickhouse.replicas == 1 and s.clickhouse.deletion_protection.enabled,
        "one replica: events are unavailable while their host is being replaced",
        "write 2 and keepers: {{count: 3, …}}",
    ),
)
