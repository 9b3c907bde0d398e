"""The rules of the PostgreSQL servers: storage, memory, parameters, replicas, backups."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from config.aws import catalog
from config.aws.catalog import InstanceClass, ParameterKind
from config.errors import nearest
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.postgres import Parameter, PostgresSettings
from config.settings.stack import Settings
from config.sizing import postgres as budgets
from config.sizing import retention, windows

AT_LEAST_THE_PRIMARYS = (
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
)
"""A standby with less than its primary stops with an error."""


def instance_class(s: Settings) -> InstanceClass | None:
    return catalog.instance_classes().get(s.postgres.instance_class)


def unknown_class(s: Settings) -> Iterator[Case]:
    classes = catalog.instance_classes()
    name = s.postgres.instance_class
    if name not in classes:
        yield {"near": get_close_matches(name, classes, n=1, cutoff=0)[0]}


def whole(parameters: Mapping[str, Parameter]) -> dict[str, int]:
    """The parameters that are whole numbers."""
    return {name: int(row.value) for name, row in parameters.items() if row.value.isdigit()}


def memory_beyond(s: Settings, least: float, most: float) -> Iterator[Case]:
    """The servers whose demand lies between two multiples of their memory."""
    of_class = instance_class(s)
    if of_class is None:
        return
    asked = {"postgres.instance_class": whole(s.postgres.parameters)}
    if s.postgres.replicas.count and s.postgres.replica_parameters:
        asked["postgres.replica_parameters"] = whole(s.postgres.parameters_of_replicas)
    for key, parameters in asked.items():
        demand = budgets.memory(parameters, of_class.memory_gib)
        if demand is None:
            continue
        multiple = demand.multiple_of(of_class.memory_gib)
        if least < multiple <= most:
            yield {
                "where": key,
                "sum": demand,
                "multiple": f"{multiple:.2f}",
                "memory": f"{of_class.memory_gib:g}",
                "roomy": fitting(s.postgres.instance_class, parameters),
            }


def fitting(name: str, parameters: Mapping[str, int]) -> str:
    """The smallest class of the same family whose memory suffices, in words."""
    classes = catalog.instance_classes()
    family = name.rpartition(".")[0]
    for other, of_class in sorted(classes.items(), key=lambda row: row[1].memory_gib):
        demand = budgets.memory(parameters, of_class.memory_gib)
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
    # 12,000 come with the volume whatever the class makes of them
    if of_class is not None and iops > max(of_class.most_iops, budgets.GP3_BASELINE_IOPS):
        yield {"most": of_class.most_iops}


def _rows(postgres: PostgresSettings) -> Iterator[tuple[str, str, Parameter]]:
    """Where a parameter stands, its name, and what is in force there."""
    for name, row in postgres.parameters.items():
        yield "parameters", name, row
    for name in postgres.replica_parameters:
        yield "replica_parameters", name, postgres.parameters_of_replicas[name]


def _kinds(s: Settings) -> Mapping[str, ParameterKind]:
    return catalog.parameter_kinds(s.postgres.major_version)


def unknown_parameters(s: Settings) -> Iterator[Case]:
    kinds = _kinds(s)
    for where, name, _ in _rows(s.postgres):
        if kinds and name not in kinds:
            yield {"where": where, "name": name, "near": nearest(name, kinds)}


def refused_values(s: Settings) -> Iterator[Case]:
    kinds = _kinds(s)
    for where, name, row in _rows(s.postgres):
        kind = kinds.get(name)
        if kind is not None and not kind.admits(row.value):
            yield {"where": where, "name": name, "row": row, "admitted": kind.admitted}


def immediate_but_static(s: Settings) -> Iterator[Case]:
    kinds = _kinds(s)
    for where, name, row in _rows(s.postgres):
        kind = kinds.get(name)
        if kind is not None and kind.static and row.apply_method == "immediate":
            yield {"where": where, "name": name}


def weaker_replicas(s: Settings) -> Iterator[Case]:
    primary, replicas = whole(s.postgres.parameters), whole(s.postgres.parameters_of_replicas)
    for name in AT_LEAST_THE_PRIMARYS:
        if name in primary and replicas.get(name, 0) < primary[name]:
            yield {"name": name, "less": replicas.get(name, 0), "primary": primary[name]}


def without_method(s: Settings) -> Iterator[Case]:
    for name, row in s.postgres.replica_parameters.items():
        if row.apply_method is None and name not in s.postgres.parameters:
            yield {"name": name}


def _autoscales(s: Settings) -> int:
    return s.postgres.storage.max_allocated_gb or 0


def near_autoscaling_limit(s: Settings) -> Iterator[Case]:
    least = budgets.least_autoscaling_limit(s.postgres.storage.allocated_gb)
    if 0 < _autoscales(s) < least:
        yield {"least": least}


PG = "nexusflow:postgres"
REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PG}.storage.iops",
        lambda s: (
            s.postgres.storage.allocated_gb < budgets.GP3_THRESHOLD_GB
            and not budgets.iops_allowed(s.postgres.storage.allocated_gb, s.postgres.storage.iops)
        ),
        "{s.postgres.storage.iops} IOPS on {s.postgres.storage.allocated_gb} GB: gp3 gives exactly "
        f"{budgets.GP3_FIXED_IOPS} below {budgets.GP3_THRESHOLD_GB} GB",
        f"write {budgets.GP3_FIXED_IOPS}, or allocate {budgets.GP3_THRESHOLD_GB} GB or more",
    ),
    ConfigRule(
        f"{PG}.storage.iops",
        lambda s: (
            s.postgres.storage.allocated_gb >= budgets.GP3_THRESHOLD_GB
            and not budgets.iops_allowed(s.postgres.storage.allocated_gb, s.postgres.storage.iops)
        ),
        "{s.postgres.storage.iops} IOPS on {s.postgres.storage.allocated_gb} GB: gp3 begins at "
        f"{budgets.GP3_BASELINE_IOPS} from {budgets.GP3_THRESHOLD_GB} GB",
        f"write {budgets.GP3_BASELINE_IOPS} to {budgets.GP3_MAXIMUM_IOPS}",
    ),
    ConfigRule(
        f"{PG}.storage.iops",
        unreachable_iops,
        "{s.postgres.storage.iops} IOPS on {s.postgres.instance_class}, which reaches {most} at "
        "the most",
        "write {most} or less, or take a larger instance_class",
    ),
    ConfigRule(
        f"{PG}.storage.max_allocated_gb",
        near_autoscaling_limit,
        "{s.postgres.storage.max_allocated_gb} is less than 10 % above allocated_gb "
        "{s.postgres.storage.allocated_gb}",
        "write {least} or more, or leave it out",
    ),
    ConfigRule(
        f"{PG}.engine_version",
        lambda s: not _kinds(s),
        "{s.postgres.engine_version} has no catalog of parameters in config/",
        'write "15", or add config/postgres{s.postgres.engine_version}.yaml',
    ),
    ConfigRule(
        f"{PG}.instance_class",
        unknown_class,
        "{s.postgres.instance_class} is no Graviton class of config/aws/instance_classes.yaml",
        "did you mean {near}?",
    ),
    ConfigRule(
        "nexusflow:{where}",
        lambda s: memory_beyond(s, budgets.MEMORY_LIMIT, float("inf")),
        "{sum}, {multiple} times the {memory} GiB of {s.postgres.instance_class}",
        f"stay within {budgets.MEMORY_LIMIT} times: lower max_connections, work_mem or "
        "maintenance_work_mem, or take {roomy}",
    ),
    ConfigRule(
        f"{PG}.{{where}}.{{name}}",
        unknown_parameters,
        "PostgreSQL {s.postgres.engine_version} on RDS has no such parameter to set",
        "{near}",
    ),
    ConfigRule(
        f"{PG}.{{where}}.{{name}}.value",
        refused_values,
        '"{row.value}" is not admitted',
        "write {admitted}",
    ),
    ConfigRule(
        f"{PG}.{{where}}.{{name}}.apply_method",
        immediate_but_static,
        "immediate, but the parameter is static",
        "write pending-reboot: AWS refuses anything else",
    ),
    ConfigRule(
        f"{PG}.replica_parameters.{{name}}",
        without_method,
        "no apply_method, and the primary has no such row to take it from",
        "add apply_method: immediate or pending-reboot",
    ),
    ConfigRule(
        f"{PG}.replica_parameters.{{name}}",
        weaker_replicas,
        "{less} is less than the primary's {primary}: a standby with less stops",
        "write {primary} or more",
    ),
    ConfigRule(
        f"{PG}.deletion_protection.reason",
        lambda s: (
            not s.postgres.deletion_protection.enabled
            and not s.postgres.deletion_protection.reason.strip()
        ),
        "the protection is off without a reason",
        "say in one sentence why, or write enabled: true",
    ),
    ConfigRule(
        f"{PG}.backup_window",
        lambda s: windows.daily(s.postgres.backup_window)[1] < windows.SHORTEST,
        "{s.postgres.backup_window} is shorter than 30 minutes",
        'write 30 minutes or more, such as "03:00-04:00"',
    ),
    ConfigRule(
        f"{PG}.maintenance_window",
        lambda s: windows.weekly(s.postgres.maintenance_window)[1] < windows.SHORTEST,
        "{s.postgres.maintenance_window} is shorter than 30 minutes",
        'write 30 minutes or more, such as "sun:04:30-sun:05:30"',
    ),
    ConfigRule(
        f"{PG}.maintenance_window",
        lambda s: windows.overlap(s.postgres.backup_window, s.postgres.maintenance_window),
        "{s.postgres.maintenance_window} overlaps backup_window {s.postgres.backup_window}",
        "move one of them: AWS refuses overlapping windows",
    ),
    ConfigRule(
        f"{PG}.monitoring.performance_insights_days",
        lambda s: (
            not retention.performance_insights(s.postgres.monitoring.performance_insights_days)
        ),
        "Performance Insights has no retention of "
        "{s.postgres.monitoring.performance_insights_days} days",
        "write 7, a multiple of 31 up to 713, or 731",
    ),
    ConfigRule(
        f"{PG}.log_retention_days",
        lambda s: retention.unknown_to_logs(s.postgres.log_retention_days),
        "CloudWatch Logs has no retention of {days} days",
        "write {near}",
    ),
    ConfigRule(
        f"{PG}.log_exports",
        lambda s: repeated(s.postgres.log_exports),
        "{item} is listed twice",
        "list each log once",
    ),
)

WARNED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        "nexusflow:{where}",
        lambda s: memory_beyond(s, 1, budgets.MEMORY_LIMIT),
        "{sum}, {multiple} times the {memory} GiB of {s.postgres.instance_class}",
        "it holds while not every connection sorts at once; {roomy} has room for all",
    ),
    ConfigRule(
        f"{PG}.storage.iops",
        unsustained_iops,
        "{s.postgres.storage.iops:,} IOPS, of which {s.postgres.instance_class} sustains "
        "{sustained}{burst}",
        "expect the lower figure under steady load (docs/adr/0002)",
    ),
    ConfigRule(
        f"{PG}.storage.max_allocated_gb",
        lambda s: s.postgres.storage.allocated_gb < budgets.GP3_THRESHOLD_GB <= _autoscales(s),
        "AWS may grow {s.postgres.storage.allocated_gb} GB past "
        f"{budgets.GP3_THRESHOLD_GB} GB, where gp3 has other figures",
        "stay below it, or allocate that much at once with the IOPS that belong to it",
    ),
    ConfigRule(
        f"{PG}.parameters.effective_cache_size",
        lambda s: (
            (of_class := instance_class(s)) is not None
            and whole(s.postgres.parameters).get("effective_cache_size", 0)
            * budgets.SHARED_BUFFER_KIB
            > of_class.memory_gib * budgets.KIB_PER_GIB
        ),
        "the planner is told of more cache than {s.postgres.instance_class} has memory",
        "write about three quarters of the class's memory, in blocks of 8 kB",
    ),
)
