"""Rules of the PostgreSQL database: names, connection limits, memberships, grants, extensions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config.aws import catalog
from config.errors import nearest
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.database import DatabaseSettings
from config.settings.stack import Settings
from config.sizing import postgres

PUBLIC = "public"
RESERVED_PREFIXES = ("pg_", "rds")
RESERVED_DATABASES = ("postgres", "rdsadmin", "template0", "template1")
USUAL_MASTERS = ("admin", "administrator", "postgres", "root")
"""Names that RDS refuses, or that an attacker tries first."""
RESERVED_WORDS = frozenset(
    {"all", "analyse", "analyze", "and", "any", "array", "as", "asc", "both", "case", "cast"}
    | {"check", "collate", "column", "constraint", "create", "current_role", "current_user"}
    | {"default", "deferrable", "desc", "distinct", "do", "else", "end", "except", "false"}
    | {"fetch", "for", "foreign", "from", "grant", "group", "having", "in", "initially"}
    | {"intersect", "into", "lateral", "leading", "limit", "localtime", "not", "null", "offset"}
    | {"on", "only", "or", "order", "placing", "primary", "references", "returning", "select"}
    | {"session_user", "some", "symmetric", "table", "then", "to", "trailing", "true", "union"}
    | {"unique", "user", "using", "variadic", "when", "where", "window", "with", "none", PUBLIC}
)
GRANTABLE_BY_MASTER = ("pg_checkpoint", "pg_monitor", "pg_signal_backend")
"""Predefined roles of PostgreSQL that the RDS master user can grant."""
EXTENSIONS = frozenset(
    """address_standardizer amcheck aws_commons aws_lambda aws_s3 bloom btree_gin btree_gist citext
    cube dblink dict_int dict_xsyn earthdistance fuzzystrmatch h3-pg hll hstore hypopg intagg
    intarray ip4r isn lo ltree pg_buffercache pg_cron pg_freespacemap pg_hint_plan pg_partman
    pg_prewarm pg_proctab pg_repack pg_similarity pg_stat_statements pg_transport pg_trgm
    pg_visibility pgaudit pgcrypto pglogical pgrouting pgrowlocks pgstattuple pgtap plcoffee plls
    plperl plpgsql plprofiler pltcl plv8 postgis postgis_raster postgis_tiger_geocoder
    postgis_topology postgres_fdw prefix rdkit rds_tools seg sslinfo tablefunc tds_fdw
    tsm_system_rows tsm_system_time unaccent uuid-ossp vector""".split()  # noqa: SIM905
)
"""Extensions of RDS for PostgreSQL 15 that the master user can create."""
PRELOADED = ("pg_cron", "pg_hint_plan", "pg_stat_statements", "pgaudit", "pglogical")
"""Extensions that have no effect unless shared_preload_libraries lists them."""


def reserved_names(s: Settings) -> Iterator[Case]:
    database = s.database
    if database.name in RESERVED_DATABASES:
        yield {"key": "name", "name": database.name}
    if database.master.name in USUAL_MASTERS:
        yield {"key": "master.name", "name": database.master.name}
    named = {
        "name": database.name,
        "master.name": database.master.name,
        "owner": database.owner,
        **{f"roles.{name}": name for name in database.roles},
        **{f"schemas.{index}": name for index, name in enumerate(database.schemas)},
    }
    for key, name in named.items():
        if name.startswith(RESERVED_PREFIXES) or name in RESERVED_WORDS:
            yield {"key": key, "name": name}


def over_connections(s: Settings) -> Iterator[Case]:
    most = s.postgres.max_connections
    limits = [role.connection_limit for role in s.database.roles.values()]
    if most is not None and postgres.role_connections_left(most, limits) < 0:
        yield {"sum": sum(limits), "most": most}


def unknown_memberships(s: Settings) -> Iterator[Case]:
    known = {*s.database.roles, *GRANTABLE_BY_MASTER}
    for name, role in s.database.roles.items():
        for index, of in enumerate(role.member_of):
            if of not in known:
                yield {"name": name, "index": index, "of": of, "near": nearest(of, known)}


def circular_memberships(s: Settings) -> Iterator[Case]:
    """Roles that are indirectly members of themselves."""
    for name in s.database.roles:
        if name in _reached(s.database, name):
            yield {"name": name}


def _reached(database: DatabaseSettings, name: str) -> set[str]:
    """The roles that a role is a member of, directly or indirectly."""
    seen: set[str] = set()
    ahead = list(database.roles[name].member_of)
    while ahead:
        role = ahead.pop()
        if role in database.roles and role not in seen:
            seen.add(role)
            ahead += database.roles[role].member_of
    return seen


def unknown_role_settings(s: Settings) -> Iterator[Case]:
    kinds = catalog.parameter_kinds(s.postgres.major_version)
    for role, settings in s.database.roles.items():
        for name in settings.settings:
            # an unknown name with a dot is a custom parameter of the application
            if kinds and name not in kinds and "." not in name:
                yield {"role": role, "name": name, "near": nearest(name, kinds)}


def unknown_schemas(s: Settings) -> Iterator[Case]:
    database = s.database
    known = {PUBLIC, *database.schemas}
    stated = {f"default_privileges.{i}": name for i, name in enumerate(database.default_privileges)}
    stated |= {f"tables.{table}": table.partition(".")[0] for table in database.tables}
    for role, settings in database.roles.items():
        on = settings.grants
        for kind, by_schema in (
            ("schemas", on.schemas),
            ("tables", on.tables),
            ("sequences", on.sequences),
        ):
            stated |= {f"roles.{role}.grants.{kind}.{name}": name for name in by_schema}
    for key, schema in stated.items():
        if schema not in known:
            yield {"key": key, "schema": schema, "near": nearest(schema, known)}


def unknown_extensions(s: Settings) -> Iterator[Case]:
    for index, name in enumerate(s.database.extensions):
        if name not in EXTENSIONS:
            yield {"index": index, "name": name, "near": nearest(name, EXTENSIONS)}


def not_preloaded(s: Settings) -> Iterator[Case]:
    row = s.postgres.parameters.get("shared_preload_libraries")
    preloaded = [library.strip() for library in row.value.split(",")] if row else []
    for index, name in enumerate(s.database.extensions):
        if name in PRELOADED and name not in preloaded:
            yield {"index": index, "name": name}


def repeated_names(s: Settings) -> Iterator[Case]:
    lists: dict[str, Iterable[str]] = {
        "schemas": s.database.schemas,
        "default_privileges": s.database.default_privileges,
        "extensions": s.database.extensions,
    }
    for role, settings in s.database.roles.items():
        on = settings.grants
        lists[f"roles.{role}.member_of"] = settings.member_of
        lists[f"roles.{role}.grants.database"] = on.database
        lists |= {f"roles.{role}.grants.schemas.{name}": on.schemas[name] for name in on.schemas}
        lists |= {f"roles.{role}.grants.tables.{name}": on.tables[name] for name in on.tables}
        lists |= {
            f"roles.{role}.grants.sequences.{name}": on.sequences[name] for name in on.sequences
        }
    for key, items in lists.items():
        yield from ({"key": key, **case} for case in repeated(items))


def unknown_writers(s: Settings) -> Iterator[Case]:
    for table, settings in s.database.tables.items():
        for index, name in enumerate(settings.writers):
            if name not in s.database.roles:
                near = nearest(name, s.database.roles)
                yield {"key": f"{table}.writers.{index}", "name": name, "near": near}


def writers_of_tenants(s: Settings) -> Iterator[Case]:
    for table, settings in s.database.tables.items():
        if settings.tenant is not None and settings.writers:
            yield {"table": table, "tenant": settings.tenant}


DATABASE = "nexusflow:database"
ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{DATABASE}.{{key}}",
        reserved_names,
        "{name} is reserved by PostgreSQL or RDS, or too easy to guess",
        "choose another, such as nexusflow_{name}",
    ),
    ConfigRule(
        f"{DATABASE}.roles",
        over_connections,
        f"connection limits add up to {{sum}}, more than max_connections {{most}} minus "
        f"{postgres.RESERVED_CONNECTIONS} reserved",
        "lower connection_limit or raise postgres.parameters.max_connections",
    ),
    ConfigRule(
        f"{DATABASE}.roles.{{s.database.master.name}}",
        lambda s: s.database.master.name in s.database.roles,
        "{s.database.master.name} is the master user",
        "give the role another name",
    ),
    ConfigRule(
        f"{DATABASE}.owner",
        lambda s: s.database.owner in (*s.database.roles, s.database.master.name),
        "{s.database.owner} is a login role, and the owner of the tables must not be",
        "name a separate role, such as nexusflow_migrator",
    ),
    ConfigRule(
        f"{DATABASE}.roles.{{name}}.member_of.{{index}}",
        unknown_memberships,
        "{of} is neither a role of the stack nor one that the RDS master user can grant",
        "{near}",
    ),
    ConfigRule(
        f"{DATABASE}.roles.{{name}}.member_of",
        circular_memberships,
        "{name} is indirectly a member of itself",
        "break the circular membership",
    ),
    ConfigRule(
        f"{DATABASE}.roles.{{role}}.settings.{{name}}",
        unknown_role_settings,
        "PostgreSQL has no such parameter",
        "{near}",
    ),
    ConfigRule(
        f"{DATABASE}.{{key}}",
        unknown_schemas,
        "{schema} is not one of the schemas",
        "{near}",
    ),
    ConfigRule(
        f"{DATABASE}.extensions.{{index}}",
        unknown_extensions,
        "RDS for PostgreSQL has no extension {name} that the master user can create",
        "{near}",
    ),
    ConfigRule(
        f"{DATABASE}.extensions.{{index}}",
        not_preloaded,
        "{name} has no effect without shared_preload_libraries",
        "add it to postgres.parameters.shared_preload_libraries",
    ),
    ConfigRule(
        f"{DATABASE}.{{key}}",
        repeated_names,
        "{item} is listed twice",
        "list each once",
    ),
    ConfigRule(
        f"{DATABASE}.tables.{{key}}",
        unknown_writers,
        "{name} is not one of the roles",
        "{near}",
    ),
    ConfigRule(
        f"{DATABASE}.tables.{{table}}.writers",
        writers_of_tenants,
        "writers apply to shared tables only, and this one has the tenant column {tenant}",
        "leave them out: grants decide who writes there, each tenant its own rows",
    ),
)
