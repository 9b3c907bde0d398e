"""Rules of the PostgreSQL parameters: names and values that RDS accepts, and replicas' minimums."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.aws import catalog
from config.aws.catalog import ParameterKind
from config.errors import nearest
from config.rules.rule import Case, ConfigRule
from config.settings.postgres import Parameter, PostgresSettings, numbers
from config.settings.stack import Settings
from config.sizing import postgres as sizing

AT_LEAST_THE_PRIMARYS = (
    "max_connections",
    "max_worker_processes",
    "max_wal_senders",
    "max_prepared_transactions",
    "max_locks_per_transaction",
)
"""A standby with a lower value than its primary shuts down."""
PG = "nexusflow:postgres"


def _rows(postgres: PostgresSettings) -> Iterator[tuple[str, str, Parameter]]:
    """The section and name of each parameter in the configuration, and its effective value."""
    for name, row in postgres.parameters.items():
        yield "parameters", name, row
    for name in postgres.replica_parameters:
        yield "replica_parameters", name, postgres.effective_replica_parameters[name]


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
    primary = numbers(s.postgres.parameters)
    replicas = numbers(s.postgres.effective_replica_parameters)
    for name in AT_LEAST_THE_PRIMARYS:
        if name in primary and replicas.get(name, 0) < primary[name]:
            yield {"name": name, "less": replicas.get(name, 0), "primary": primary[name]}


def without_method(s: Settings) -> Iterator[Case]:
    for name, row in s.postgres.replica_parameters.items():
        if row.apply_method is None and name not in s.postgres.parameters:
            yield {"name": name}


def excessive_cache_size(s: Settings) -> bool:
    of_class = catalog.instance_classes().get(s.postgres.instance_class)
    row = s.postgres.parameters.get("effective_cache_size")
    if of_class is None or row is None or row.number is None:
        return False
    return row.number * sizing.SHARED_BUFFER_KIB > of_class.memory_gib * sizing.KIB_PER_GIB


ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PG}.engine_version",
        lambda s: not _kinds(s),
        "{s.postgres.engine_version} has no catalog of parameters in config/aws/",
        'write "15", or add config/aws/postgres{s.postgres.engine_version}.yaml',
    ),
    ConfigRule(
        f"{PG}.{{where}}.{{name}}",
        unknown_parameters,
        "PostgreSQL {s.postgres.engine_version} on RDS has no modifiable parameter of this name",
        "{near}",
    ),
    ConfigRule(
        f"{PG}.{{where}}.{{name}}.value",
        refused_values,
        '"{row.value}" is not a valid value',
        "write {admitted}",
    ),
    ConfigRule(
        f"{PG}.{{where}}.{{name}}.apply_method",
        immediate_but_static,
        "immediate, but the parameter is static",
        "write pending-reboot: AWS refuses immediate for static parameters",
    ),
    ConfigRule(
        f"{PG}.replica_parameters.{{name}}",
        without_method,
        "no apply_method, and the primary has no such parameter to inherit it from",
        "add apply_method: immediate or pending-reboot",
    ),
    ConfigRule(
        f"{PG}.replica_parameters.{{name}}",
        weaker_replicas,
        "{less} is less than the primary's {primary}: such a standby shuts down",
        "write {primary} or more",
    ),
)

WARNINGS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PG}.parameters.effective_cache_size",
        excessive_cache_size,
        "effective_cache_size exceeds the memory of {s.postgres.instance_class}",
        "write about three quarters of the class's memory, in blocks of 8 kB",
    ),
)
