"""The rules of who may do what inside PostgreSQL: names, connections, memberships, grants."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from config import budgets, catalogues
from config.access_settings import Access
from config.faults import nearest
from config.postgres_rules import whole
from config.rule import Case, Rule, repeated
from config.settings import Settings

PUBLIC = "public"
RESERVED_PREFIXES = ("pg_", "rds")
RESERVED_DATABASES = ("postgres", "rdsadmin", "template0", "template1")
USUAL_MASTERS = ("admin", "administrator", "postgres", "root")
"""What RDS refuses, and what everybody tries first."""
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
LENT_BY_THE_MASTER = ("pg_checkpoint", "pg_monitor", "pg_signal_backend")
"""PostgreSQL's own roles that an RDS master may grant."""
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
"""Extensions of RDS for PostgreSQL 15 that its master may create."""
PRELOADED = ("pg_cron", "pg_hint_plan", "pg_stat_statements", "pgaudit", "pglogical")
"""Extensions that do nothing unless shared_preload_libraries has them."""


def reserved_names(s: Settings) -> Iterator[Case]:
    access = s.access
    if access.database in RESERVED_DATABASES:
        yield {"key": "database", "name": access.database}
    if access.master.name in USUAL_MASTERS:
        yield {"key": "master.name", "name": access.master.name}
    named = {
        "database": access.database,
        "master.name": access.master.name,
        **{f"roles.{name}": name for name in access.roles},
        **{f"schemas.{index}": name for index, name in enumerate(access.schemas)},
    }
    for key, name in named.items():
        if name.startswith(RESERVED_PREFIXES) or name in RESERVED_WORDS:
            yield {"key": key, "name": name}


def limits(access: Access) -> list[int]:
    """The connections that the roles may hold; one that doesn't log in holds none."""
    return [role.connection_limit for role in access.roles.values() if role.login]


def over_connections(s: Settings) -> Iterator[Case]:
    most = whole(s.postgres.parameters).get("max_connections")
    if most is not None and budgets.role_connections_left(most, limits(s.access)) < 0:
        yield {"sum": sum(limits(s.access)), "most": most}


def unknown_memberships(s: Settings) -> Iterator[Case]:
    known = {*s.access.roles, *LENT_BY_THE_MASTER}
    for name, role in s.access.roles.items():
        for index, of in enumerate(role.memberships):
            if of not in known:
                yield {"name": name, "index": index, "of": of, "near": nearest(of, known)}


def circles(s: Settings) -> Iterator[Case]:
    """The roles that would be members of themselves."""
    for name in s.access.roles:
        if name in _reached(s.access, name):
            yield {"name": name}


def _reached(access: Access, name: str) -> set[str]:
    """The roles whose rights a role inherits, however far."""
    seen: set[str] = set()
    ahead = list(access.roles[name].memberships)
    while ahead:
        role = ahead.pop()
        if role in access.roles and role not in seen:
            seen.add(role)
            ahead += access.roles[role].memberships
    return seen


def unknown_role_settings(s: Settings) -> Iterator[Case]:
    kinds = catalogues.parameter_kinds(s.postgres.major_version)
    for role, settings in s.access.roles.items():
        for name in settings.settings:
            # a dotted name that isn't a module's is the application's own
            if kinds and name not in kinds and "." not in name:
                yield {"role": role, "name": name, "near": nearest(name, kinds)}


def unknown_schemas(s: Settings) -> Iterator[Case]:
    known = {PUBLIC, *s.access.schemas}
    stated = [
        *(
            (f"extensions.{name}.schema", row.in_schema)
            for name, row in s.access.extensions.items()
        ),
        *(
            (f"grants.{role}.schemas.{schema}", schema)
            for role, grants in s.access.grants.items()
            for schema in grants.schemas
        ),
    ]
    for key, schema in stated:
        if schema not in known:
            yield {"key": key, "schema": schema, "near": nearest(schema, known)}


def unknown_extensions(s: Settings) -> Iterator[Case]:
    for name in s.access.extensions:
        if name not in EXTENSIONS:
            yield {"name": name, "near": nearest(name, EXTENSIONS)}


def not_preloaded(s: Settings) -> Iterator[Case]:
    row = s.postgres.parameters.get("shared_preload_libraries")
    preloaded = [library.strip() for library in row.value.split(",")] if row else []
    for name in s.access.extensions:
        if name in PRELOADED and name not in preloaded:
            yield {"name": name}


def unknown_grantees(s: Settings) -> Iterator[Case]:
    for name in s.access.grants:
        if name not in s.access.roles:
            yield {"name": name, "near": nearest(name, s.access.roles)}


def repeated_privileges(s: Settings) -> Iterator[Case]:
    for role, grants in s.access.grants.items():
        listed: dict[str, Iterable[str]] = {"database": grants.database}
        for schema, on in grants.schemas.items():
            listed[f"schemas.{schema}.schema"] = on.on_schema
            listed[f"schemas.{schema}.tables"] = on.tables
            listed[f"schemas.{schema}.sequences"] = on.sequences
            listed[f"schemas.{schema}.functions"] = on.functions
        for key, privileges in listed.items():
            yield from ({"key": f"{role}.{key}", **case} for case in repeated(privileges))


ACCESS = "nexusflow:access"
REFUSED: tuple[Rule[Settings], ...] = (
    Rule(
        f"{ACCESS}.{{key}}",
        reserved_names,
        "{name} is a name of PostgreSQL's, of RDS's, or the first that is guessed",
        "choose another, such as nexusflow_{name}",
    ),
    Rule(
        f"{ACCESS}.roles",
        over_connections,
        f"connection limits of {{sum}} in all, of max_connections {{most}} less "
        f"{budgets.RESERVED_CONNECTIONS} reserved",
        "lower connection_limit or raise postgres.parameters.max_connections",
    ),
    Rule(
        f"{ACCESS}.roles.{{s.access.master.name}}",
        lambda s: s.access.master.name in s.access.roles,
        "{s.access.master.name} is the master user",
        "give the role a name of its own",
    ),
    Rule(
        f"{ACCESS}.owner",
        lambda s: (
            []
            if s.access.owner in s.access.roles
            else [{"near": nearest(s.access.owner, s.access.roles)}]
        ),
        "{s.access.owner} is not one of the roles",
        "{near}",
    ),
    Rule(
        f"{ACCESS}.roles.{{name}}.memberships.{{index}}",
        unknown_memberships,
        "{of} is no role of the stack, nor one that an RDS master may grant",
        "{near}",
    ),
    Rule(
        f"{ACCESS}.roles.{{name}}.memberships",
        circles,
        "the memberships lead back to {name}",
        "take the role out of the circle",
    ),
    Rule(
        f"{ACCESS}.roles.{{role}}.settings.{{name}}",
        unknown_role_settings,
        "PostgreSQL has no such setting",
        "{near}",
    ),
    Rule(
        f"{ACCESS}.schemas",
        lambda s: repeated(s.access.schemas),
        "{item} is listed twice",
        "list each schema once; public needs no listing",
    ),
    Rule(
        f"{ACCESS}.{{key}}",
        unknown_schemas,
        "{schema} is not one of the schemas",
        "{near}",
    ),
    Rule(
        f"{ACCESS}.extensions.{{name}}",
        unknown_extensions,
        "RDS for PostgreSQL has no such extension that its master may create",
        "{near}",
    ),
    Rule(
        f"{ACCESS}.extensions.{{name}}",
        not_preloaded,
        "shared_preload_libraries lacks {name}, without which the extension does nothing",
        "add it to postgres.parameters.shared_preload_libraries",
    ),
    Rule(
        f"{ACCESS}.grants.{{name}}",
        unknown_grantees,
        "{name} is not one of the roles",
        "{near}",
    ),
    Rule(
        f"{ACCESS}.grants.{{key}}",
        repeated_privileges,
        "{item} is listed twice",
        "list each privilege once",
    ),
)
