"""Rules of the PostgreSQL servers: instance class, storage, memory, replicas and windows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from config.aws import catalog
from config.aws.catalog import InstanceClass
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.postgres import numbers
from config.settings.stack import Settings
from config.sizing import postgres as sizing


def instance_class(s: Settings) -> InstanceClass | None:
    return catalog.instance_classes().get(s.postgres.instance_class)


def unknown_class(s: Settings) -> Iterator[Case]:
    classes = catalog.instance_classes()
    name = s.postgres.instance_class
    if name not in classes:
        yield {"near": get_close_matches(name, classes, n=1, cutoff=0)[0]}


def memory_beyond(s: Settings, least: float, most: float) -> Iterator[Case]:
    """The servers whose memory demand is between two multiples of their memory."""
    of_class = instance_class(s)
    if of_class is None:
        return
    parameter_sets = {"postgres.instance_class": numbers(s.postgres.parameters)}
    if s.postgres.replicas.count and s.postgres.replica_parameters:
        replicas = numbers(s.postgres.effective_replica_parameters)
        parameter_sets["postgres.replica_parameters"] = replicas
    for key, parameters in parameter_sets.items():
        demand = sizing.memory(parameters, of_class.memory_gib)
        if demand is None:
            continue
        multiple = demand.multiple_of(of_class.memory_gib)
        if least < multiple <= most:
            yield {
                "where": key,
                "sum": demand,
                "multiple": f"{multiple:.2f}",
                "memory": f"{of_class.memory_gib:g}",
                "larger": fitting(s.postgres.instance_class, parameters),
            }


def fitting(name: str, parameters: Mapping[str, int]) -> str:
    """The smallest class of the same family that has enough memory, in words."""
    classes = catalog.instance_classes()
    family = name.rpartition(".")[0]
    for other, of_class in sorted(classes.items(), key=lambda row: row[1].memory_gib):
        demand = sizing.memory(parameters, of_class.memory_gib)
        if other.startswith(f"{family}.") and demand and demand.total_gib <= of_class.memory_gib:
            return f"{other} ({of_class.memory_gib:g} GiB)"
    return "a class with more memory"


def unsustained_iops(s: Settings) -> Iterator[Case]:
    of_class = instance_class(s)
    if of_class is None or s.postgres.storage.iops <= of_class.iops:
        return
    burst = (
        f" and {of_class.burst[0]:,} for 30 minutes a day"
        if of_class.burst
        else " and never bursts"
    )
    yield {"sustained": f"{of_class.iops:,}", "burst": burst}


def unreachable_iops(s: Settings) -> Iterator[Case]:
    of_class = instance_class(s)
    iops = s.postgres.storage.iops
    # every striped volume has 12,000 IOPS, even if the class can't use them all
    if of_class is not None and iops > max(of_class.most_iops, sizing.GP3_BASELINE_IOPS):
        yield {"most": of_class.most_iops}


def _autoscales(s: Settings) -> int:
    return s.postgres.storage.max_allocated_gb or 0


def near_autoscaling_limit(s: Settings) -> Iterator[Case]:
    least = sizing.least_autoscaling_limit(s.postgres.storage.allocated_gb)
    if 0 < _autoscales(s) < least:
        yield {"least": least}


PG = "nexusflow:postgres"
ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PG}.storage.iops",
        lambda s: (
            s.postgres.storage.allocated_gb < sizing.GP3_THRESHOLD_GB
            and not sizing.iops_allowed(s.postgres.storage.allocated_gb, s.postgres.storage.iops)
        ),
        "{s.postgres.storage.iops} IOPS on {s.postgres.storage.allocated_gb} GB: gp3 provides "
        f"exactly {sizing.GP3_FIXED_IOPS} below {sizing.GP3_THRESHOLD_GB} GB",
        f"write {sizing.GP3_FIXED_IOPS}, or allocate {sizing.GP3_THRESHOLD_GB} GB or more",
    ),
    ConfigRule(
        f"{PG}.storage.iops",
        lambda s: (
            s.postgres.storage.allocated_gb >= sizing.GP3_THRESHOLD_GB
            and not sizing.iops_allowed(s.postgres.storage.allocated_gb, s.postgres.storage.iops)
        ),
        "{s.postgres.storage.iops} IOPS on {s.postgres.storage.allocated_gb} GB: gp3 provides at "
        f"least {sizing.GP3_BASELINE_IOPS} from {sizing.GP3_THRESHOLD_GB} GB",
        f"write {sizing.GP3_BASELINE_IOPS} to {sizing.GP3_MAXIMUM_IOPS}",
    ),
    ConfigRule(
        f"{PG}.storage.iops",
        unreachable_iops,
        "{s.postgres.storage.iops} IOPS on {s.postgres.instance_class}, which reaches at most "
        "{most}",
        "write {most} or less, or use a larger instance_class",
    ),
    ConfigRule(
        f"{PG}.storage.max_allocated_gb",
        near_autoscaling_limit,
        "{s.postgres.storage.max_allocated_gb} is less than 10 % above allocated_gb "
        "{s.postgres.storage.allocated_gb}",
        "write {least} or more, or leave it out",
    ),
    ConfigRule(
        f"{PG}.instance_class",
        unknown_class,
        "{s.postgres.instance_class} is not a Graviton class listed in "
        "config/aws/instance_classes.yaml",
        "did you mean {near}?",
    ),
    ConfigRule(
        "nexusflow:{where}",
        lambda s: memory_beyond(s, sizing.MEMORY_LIMIT, float("inf")),
        "{sum}, {multiple} times the {memory} GiB of {s.postgres.instance_class}",
        f"stay within {sizing.MEMORY_LIMIT} times: lower max_connections, work_mem or "
        "maintenance_work_mem, or use {larger}",
    ),
    ConfigRule(
        f"{PG}.maintenance_window",
        lambda s: s.postgres.backup_window.overlaps(s.postgres.maintenance_window),
        "{s.postgres.maintenance_window} overlaps backup_window {s.postgres.backup_window}",
        "move one of them: AWS refuses overlapping windows",
    ),
    ConfigRule(
        f"{PG}.log_exports",
        lambda s: repeated(s.postgres.log_exports),
        "{item} is listed twice",
        "list each log once",
    ),
)

WARNINGS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:{where}",
        lambda s: memory_beyond(s, 1, sizing.MEMORY_LIMIT),
        "{sum}, {multiple} times the {memory} GiB of {s.postgres.instance_class}",
        "enough unless all connections sort at the same time; {larger} has enough for that",
    ),
    ConfigRule(
        f"{PG}.storage.iops",
        unsustained_iops,
        "{s.postgres.storage.iops:,} IOPS, of which {s.postgres.instance_class} sustains "
        "{sustained}{burst}",
        "expect the sustained figure under steady load (docs/adr/0002)",
    ),
    ConfigRule(
        f"{PG}.storage.max_allocated_gb",
        lambda s: s.postgres.storage.allocated_gb < sizing.GP3_THRESHOLD_GB <= _autoscales(s),
        "autoscaling may grow {s.postgres.storage.allocated_gb} GB past "
        f"{sizing.GP3_THRESHOLD_GB} GB, where gp3 has other IOPS",
        "stay below that size, or allocate it now with its IOPS",
    ),
)
