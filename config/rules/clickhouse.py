"""The rules of the ClickHouse hosts: their number, their types, their volumes and backups."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from config.aws import catalog
from config.aws.catalog import InstanceClass
from config.rules.rule import Case, ConfigRule
from config.settings.stack import Settings
from config.sizing import clickhouse
from config.sizing.clickhouse import Data

LINE = "23.8"
MOST_HOSTS = 8
NO_FILE = "0" * 64


def host_type(name: str) -> InstanceClass | None:
    """EC2's figures of a type; the catalog names it as RDS does."""
    return catalog.instance_classes().get(f"db.{name}")


def unknown_types(s: Settings) -> Iterator[Case]:
    known = [name.removeprefix("db.") for name in catalog.instance_classes()]
    for key, name in (
        ("instance_type", s.clickhouse.instance_type),
        ("keepers.instance_type", s.clickhouse.keepers.instance_type),
    ):
        if name not in known:
            yield {"key": key, "type": name, "near": get_close_matches(name, known, 1, 0)[0]}


def data(s: Settings) -> Data:
    events = s.clickhouse.events
    return Data(events.per_month, events.retention_months, s.clickhouse.shards)


def small_volume(s: Settings) -> Iterator[Case]:
    need = data(s)
    if s.clickhouse.volume.size_gb < need.volume_gb:
        yield {"sum": need, "fill": f"{clickhouse.FILL:.0%}", "need": need.volume_gb}


def small_memory(s: Settings) -> Iterator[Case]:
    of_type = host_type(s.clickhouse.instance_type)
    if of_type is not None and of_type.memory_gib < clickhouse.LEAST_MEMORY_GIB:
        yield {"memory": f"{of_type.memory_gib:g}"}


def beyond_the_host(s: Settings) -> Iterator[Case]:
    of_type = host_type(s.clickhouse.instance_type)
    if of_type is not None and s.clickhouse.volume.iops > of_type.most_iops:
        yield {"most": of_type.most_iops}


def unchecked_packages(s: Settings) -> Iterator[Case]:
    packages = s.clickhouse.packages.model_dump(by_alias=True)
    unchecked = [name for name, checksum in packages.items() if checksum == NO_FILE]
    if unchecked:
        yield {"names": ", ".join(unchecked)}


CH = "nexusflow:clickhouse"
REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{CH}.version",
        lambda s: not s.clickhouse.version.startswith(f"{LINE}."),
        "{s.clickhouse.version} is not of the documented line " + LINE,
        f"write 23.8.16.40, the last of {LINE}",
    ),
    ConfigRule(
        f"{CH}.{{key}}",
        unknown_types,
        "{type} is no Graviton type of config/aws/instance_classes.yaml",
        "did you mean {near}?",
    ),
    ConfigRule(
        f"{CH}.instance_type",
        small_memory,
        "{s.clickhouse.instance_type} has {memory} GiB, too little for ClickHouse",
        f"take a type with {clickhouse.LEAST_MEMORY_GIB} GiB or more",
    ),
    ConfigRule(
        f"{CH}.shards",
        lambda s: s.clickhouse.hosts > MOST_HOSTS,
        "{s.clickhouse.shards} shards of {s.clickhouse.replicas} replicas are "
        "{s.clickhouse.hosts} hosts, whose addresses EC2's user data has no room for",
        f"stay within {MOST_HOSTS} hosts, and give them larger types and volumes",
    ),
    ConfigRule(
        f"{CH}.keepers.count",
        lambda s: s.clickhouse.keepers.count % 2 == 0,
        "a quorum of {s.clickhouse.keepers.count} bears no more failures than one of one less",
        "write 1 or 3",
    ),
    ConfigRule(
        f"{CH}.keepers.count",
        lambda s: s.clickhouse.replicas > 1 and s.clickhouse.keepers.count == 1,
        "{s.clickhouse.replicas} replicas, which all become read-only with their one Keeper",
        "write 3, or replicas: 1",
    ),
    ConfigRule(
        f"{CH}.volume.size_gb",
        small_volume,
        "{s.clickhouse.volume.size_gb} GB, but {sum}, which may fill {fill} of a volume",
        "write {need} or more, or raise shards, or lower events.retention_months",
    ),
    ConfigRule(
        f"{CH}.volume.iops",
        lambda s: s.clickhouse.volume.iops > clickhouse.most_iops(s.clickhouse.volume.size_gb),
        "{s.clickhouse.volume.iops} IOPS on {s.clickhouse.volume.size_gb} GB: gp3 gives "
        f"{clickhouse.IOPS_PER_GB} a GB",
        f"write {clickhouse.BASELINE_IOPS}, or a larger size_gb",
    ),
    ConfigRule(
        f"{CH}.volume.iops",
        beyond_the_host,
        "{s.clickhouse.volume.iops} IOPS on {s.clickhouse.instance_type}, which reaches {most} at "
        "the most",
        "write {most} or less, or take a larger instance_type",
    ),
    ConfigRule(
        f"{CH}.volume.throughput_mb_s",
        lambda s: (
            s.clickhouse.volume.throughput_mb_s
            > clickhouse.most_throughput(s.clickhouse.volume.iops)
        ),
        "{s.clickhouse.volume.throughput_mb_s} MB/s with {s.clickhouse.volume.iops} IOPS: gp3 "
        "gives a quarter of the IOPS",
        "lower it, or raise iops",
    ),
    ConfigRule(
        f"{CH}.deletion_protection.reason",
        lambda s: (
            not s.clickhouse.deletion_protection.enabled
            and not s.clickhouse.deletion_protection.reason.strip()
        ),
        "the protection is off without a reason",
        "say in one sentence why, or write enabled: true",
    ),
)
WARNED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{CH}.packages",
        unchecked_packages,
        "zeros are the checksum of no file: hosts refuse to install {names}",
        "put the files into the mirror and write what sha256sum prints of each",
    ),
    ConfigRule(
        f"{CH}.replicas",
        lambda s: s.clickhouse.replicas == 1 and s.clickhouse.deletion_protection.enabled,
        "one replica: every replacement of a host is an outage of the events",
        "write 2 and keepers: {{count: 3, …}}",
    ),
)
