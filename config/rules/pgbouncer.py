"""Rules of PgBouncer: sizes that Fargate offers, and connections that the servers can hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from config.errors import nearest
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.stack import Settings
from config.sizing import postgres
from config.sizing.postgres import ServerPool

FARGATE_MEMORY_MIB: Mapping[int, range] = {
    256: range(512, 2048 + 1, 512),
    512: range(1024, 4096 + 1, 1024),
    1024: range(2048, 8192 + 1, 1024),
    2048: range(4096, 16384 + 1, 1024),
    4096: range(8192, 30720 + 1, 1024),
}
"""The memory in MiB that Fargate offers, by CPU units."""
NOT_OFFERED = frozenset({(256, 1536)})
"""Exceptions to FARGATE_MEMORY_MIB."""
SAFE = (1, 26, 1)
"""The oldest release without known vulnerabilities.

It fixes CVE-2025-2291, CVE-2026-6664 to 6667 and CVE-2026-107350.
"""
CONSOLE = "pgbouncer"
"""The database name of PgBouncer's admin console."""


def offered(cpu: int, memory_mib: int) -> bool:
    """Whether Fargate has tasks of this size."""
    return memory_mib in FARGATE_MEMORY_MIB.get(cpu, ()) and (cpu, memory_mib) not in NOT_OFFERED


def unavailable_memory(s: Settings) -> Iterator[Case]:
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
    """The pools of one task by server: "primary" or "readers".

    A single replica must be able to serve all readers, since it may be the only one left. Without
    replicas, the primary serves them.
    """
    by_server: dict[str, tuple[ServerPool, ...]] = {}
    for pool in s.pgbouncer.pools.values():
        server = pool.servers if s.postgres.replicas.count else "primary"
        by_server[server] = (*by_server.get(server, ()), *s.pgbouncer.server_pools(pool))
    return by_server


def max_connections(s: Settings, server: str) -> int | None:
    """A server's max_connections; None if it is a formula."""
    primary = server == "primary"
    return s.postgres.max_connections if primary else s.postgres.replica_max_connections


def over_connections(s: Settings) -> Iterator[Case]:
    for server, pools in pools_of_server(s).items():
        most, peak = max_connections(s, server), s.pgbouncer.peak_connections(pools)
        if most is not None and peak.total > most - postgres.RESERVED_CONNECTIONS:
            room = most - postgres.RESERVED_CONNECTIONS
            yield {"server": server, "sum": peak, "most": most, "room": room}


def over_limits(s: Settings) -> Iterator[Case]:
    """Pools that can exceed their role's connection limit, and so could never be filled."""
    over = {case["server"] for case in over_connections(s)}
    for server, pools in pools_of_server(s).items():
        for user in dict.fromkeys(pool.user for pool in pools if server not in over):
            role = s.database.roles.get(user)
            own = tuple(pool for pool in pools if pool.user == user)
            peak = s.pgbouncer.peak_connections(own)
            if role is not None and peak.total > role.connection_limit:
                yield {"server": server, "user": user, "sum": peak, "limit": role.connection_limit}


def stuck(s: Settings) -> bool:
    """Whether a deployment cannot start a new task before it stops an old one."""
    least = s.pgbouncer.tasks.min
    return postgres.tasks_at_once(least, s.pgbouncer.deployment_maximum_percent) <= least


def outdated(s: Settings) -> bool:
    return s.pgbouncer.image.full_release < SAFE


PGB = "nexusflow:pgbouncer"
LOWER = "lower tasks.max, deployment_maximum_percent or the pool sizes, or raise {of}"
ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PGB}.tasks.max",
        lambda s: s.pgbouncer.tasks.max < s.pgbouncer.tasks.min,
        "{s.pgbouncer.tasks.max} is less than min {s.pgbouncer.tasks.min}",
        "write {s.pgbouncer.tasks.min} or more",
    ),
    ConfigRule(
        f"{PGB}.cpu",
        lambda s: s.pgbouncer.cpu not in FARGATE_MEMORY_MIB,
        "Fargate offers no tasks of {s.pgbouncer.cpu} CPU units that PgBouncer can use",
        f"write one of {', '.join(map(str, FARGATE_MEMORY_MIB))}",
    ),
    ConfigRule(
        f"{PGB}.memory_mib",
        unavailable_memory,
        "Fargate does not offer {s.pgbouncer.memory_mib} MiB with {s.pgbouncer.cpu} CPU units",
        "write one of {sizes}",
    ),
    ConfigRule(
        f"{PGB}.pools.{CONSOLE}",
        lambda s: CONSOLE in s.pgbouncer.pools,
        "this is the database name of PgBouncer's admin console",
        "give the pool another name",
    ),
    ConfigRule(
        f"{PGB}.pools",
        lambda s: s.database.name not in s.pgbouncer.pools,
        "no pool is named {s.database.name}, the database that clients connect to",
        "add {s.database.name}: {{servers: primary, users: […]}}",
    ),
    ConfigRule(
        f"{PGB}.pools.{{database}}.users.{{index}}",
        unknown_users,
        "{user} is not a role of the stack",
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
        "room to start a task before another stops",
        "raise it (200 is always enough), or raise tasks.min",
    ),
    ConfigRule(
        f"{PGB}.tasks",
        over_connections,
        "{sum} to the {server}, more than max_connections {most} minus "
        f"{postgres.RESERVED_CONNECTIONS} reserved = {{room}}",
        LOWER.format(of="postgres.parameters.max_connections"),
    ),
    ConfigRule(
        f"{PGB}.tasks",
        over_limits,
        "{sum} of {user} to the {server}, more than its connection_limit {limit}",
        LOWER.format(of="database.roles.{user}.connection_limit"),
    ),
)

WARNINGS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{PGB}.image.version",
        outdated,
        "PgBouncer {s.pgbouncer.image.version} has known vulnerabilities",
        f"upgrade to {'.'.join(map(str, SAFE))} or later, built from images/pgbouncer",
    ),
)
