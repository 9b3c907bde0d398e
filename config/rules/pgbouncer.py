"""The rules of the connection pooler: what Fargate offers, and what the servers can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.errors import nearest
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.stack import Settings
from config.sizing import postgres, retention
from config.sizing.postgres import PooledConnections, ServerPool

FARGATE_MEMORY_MIB: Mapping[int, range] = {
    256: range(512, 2048 + 1, 512),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
}
"""The memory that Fargate offers by CPU; 256 has no 1536."""
NOT_OFFERED = frozenset({(256, 1536)})
SAFE = "1.26.1"
"""Fixes CVE-2025-2291, CVE-2026-6664 to 6667 and CVE-2026-107350."""
CONSOLE = "pgbouncer"
"""The database that PgBouncer's own console answers to."""


def offered(cpu: int, memory_mib: int) -> bool:
    return memory_mib in FARGATE_MEMORY_MIB.get(cpu, ()) and (cpu, memory_mib) not in NOT_OFFERED


def unfit_memory(s: Settings) -> Iterator[Case]:
    cpu = s.pgbouncer.cpu
    if cpu in FARGATE_MEMORY_MIB and not offered(cpu, s.pgbouncer.memory_mib):
        sizes = [memory for memory in FARGATE_MEMORY_MIB[cpu] if offered(cpu, memory)]
        yield {"sizes": ", ".join(map(str, sizes))}


def unknown_users(s: Settings) -> Iterator[Case]:
    for database, pool in s.pgbouncer.pools.items():
        for index, user in enumerate(pool.users):
            if user not in s.database.roles:
                yield {
                    "database": database,
                    "index": index,
                    "user": user,
                    "near": nearest(user, s.database.roles),
                }


def repeated_users(s: Settings) -> Iterator[Case]:
    for database, pool in s.pgbouncer.pools.items():
        for case in repeated(pool.users):
            yield {"database": database, **case}


def pools_of_server(s: Settings) -> dict[str, tuple[ServerPool, ...]]:
    """The pools of one task by the server that they lead to; every one of several readers may be
    the only one left, and where there is none, the primary reads."""
    by_server: dict[str, tuple[ServerPool, ...]] = {}
    for pool in s.pgbouncer.pools.values():
        server = pool.servers if s.postgres.replicas.count else "primary"
        by_server[server] = (*by_server.get(server, ()), *s.pgbouncer.server_pools(pool))
    return by_server


def demand(s: Settings, pools: tuple[ServerPool, ...]) -> PooledConnections:
    tasks, percent = s.pgbouncer.tasks.max, s.pgbouncer.deployment_maximum_percent
    return PooledConnections(tasks, percent, pools)


def room(s: Settings, server: str) -> int | None:
    """The connections of a server that aren't reserved; None where their number is a formula."""
    of_server = {"primary": s.postgres.parameters, "readers": s.postgres.parameters_of_replicas}
    row = of_server[server].get("max_connections")
    if row is None or not row.value.isdigit():
        return None
    return int(row.value) - postgres.RESERVED_CONNECTIONS


def over_connections(s: Settings) -> Iterator[Case]:
    for server, pools in pools_of_server(s).items():
        free, asked = room(s, server), demand(s, pools)
        if free is not None and asked.total > free:
            most = free + postgres.RESERVED_CONNECTIONS
            yield {"server": server, "sum": asked, "most": most, "room": free}


def over_limits(s: Settings) -> Iterator[Case]:
    """A pool that may ask for more than its role holds waits for connections that never come."""
    over = {case["server"] for case in over_connections(s)}
    for server, pools in pools_of_server(s).items():
        for user in dict.fromkeys(pool.user for pool in pools if server not in over):
            role = s.database.roles.get(user)
            asked = demand(s, tuple(pool for pool in pools if pool.user == user))
            if role is not None and asked.total > role.connection_limit:
                yield {"server": server, "user": user, "sum": asked, "limit": role.connection_limit}


def stuck(s: Settings) -> bool:
    """Whether a deployment could start no task before it ends one."""
    least = s.pgbouncer.tasks.min
    return postgres.tasks_at_once(least, s.pgbouncer.deployment_maximum_percent) <= least


def outdated(s: Settings) -> bool:
    return version(s.pgbouncer.image.version) < version(SAFE)


def version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))


PGB = "nexusflow:pgbouncer"
LOWER = "lower tasks.max, deployment_maximum_percent or the pools' sizes, or raise {of}"
REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PGB}.tasks.max",
        lambda s: s.pgbouncer.tasks.max < s.pgbouncer.tasks.min,
        "{s.pgbouncer.tasks.max} is less than min {s.pgbouncer.tasks.min}",
        "write {s.pgbouncer.tasks.min} or more",
    ),
    ConfigRule(
        f"{PGB}.cpu",
        lambda s: s.pgbouncer.cpu not in FARGATE_MEMORY_MIB,
        "Fargate has no {s.pgbouncer.cpu} CPU units for one process to use",
        f"write one of {', '.join(map(str, FARGATE_MEMORY_MIB))}",
    ),
    ConfigRule(
        f"{PGB}.memory_mib",
        unfit_memory,
        "Fargate has no {s.pgbouncer.memory_mib} MiB with {s.pgbouncer.cpu} CPU units",
        "write one of {sizes}",
    ),
    ConfigRule(
        f"{PGB}.log_retention_days",
        lambda s: retention.unknown_to_logs(s.pgbouncer.log_retention_days),
        "CloudWatch Logs has no retention of {days} days",
        "write {near}",
    ),
    ConfigRule(
        f"{PGB}.pools.{CONSOLE}",
        lambda s: CONSOLE in s.pgbouncer.pools,
        "the name of PgBouncer's own console",
        "give the pool another name",
    ),
    ConfigRule(
        f"{PGB}.pools",
        lambda s: s.database.name not in s.pgbouncer.pools,
        "no pool is called {s.database.name}, the database that clients ask for",
        "add {s.database.name}: {{servers: primary, users: […]}}",
    ),
    ConfigRule(
        f"{PGB}.pools.{{database}}.users.{{index}}",
        unknown_users,
        "{user} is no role of the stack",
        "{near}",
    ),
    ConfigRule(
        f"{PGB}.pools.{{database}}.users",
        repeated_users,
        "{item} is listed twice",
        "list each role once",
    ),
    ConfigRule(
        f"{PGB}.deployment_maximum_percent",
        stuck,
        "{s.pgbouncer.deployment_maximum_percent} % of {s.pgbouncer.tasks.min} tasks leaves no "
        "room to start one before another ends",
        "raise it (200 is enough for any), or raise tasks.min",
    ),
    ConfigRule(
        f"{PGB}.tasks",
        over_connections,
        "{sum} to the {server}, more than max_connections {most} less "
        f"{postgres.RESERVED_CONNECTIONS} reserved = {{room}}",
        LOWER.format(of="postgres.parameters.max_connections"),
    ),
    ConfigRule(
        f"{PGB}.tasks",
        over_limits,
        "{sum} of {user} to the {server}, more than its connection_limit {limit}",
        LOWER.format(of="access.roles.{user}.connection_limit"),
    ),
)

WARNED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PGB}.image.version",
        outdated,
        "PgBouncer {s.pgbouncer.image.version} has holes that later releases close",
        f"build {SAFE} or later from images/pgbouncer",
    ),
)
