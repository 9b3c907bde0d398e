"""Broken lines of PgBouncer: its tasks, its image and its pools."""

from __future__ import annotations

from tests.unit.config.broken import FOUNDATION, POOLS, PRODUCTION, Broken

PGB = "nexusflow:pgbouncer"
LOWER = "lower tasks.max, deployment_maximum_percent or the pools' sizes, or raise"

_ROWS: tuple[tuple[str, str, str, str], ...] = (
    (
        PRODUCTION,
        "tasks: {min: 2, max: 3}",
        "tasks: {min: 3, max: 2}",
        f"{PGB}.tasks.max: 2 is less than min 3; write 3 or more",
    ),
    (
        PRODUCTION,
        "cpu: 512",
        "cpu: 500",
        f"{PGB}.cpu: Fargate offers no tasks of 500 CPU units that PgBouncer can use; write "
        "one of 256, 512, 1024, 2048, 4096",
    ),
    (
        PRODUCTION,
        "memory_mib: 1024",
        "memory_mib: 8192",
        f"{PGB}.memory_mib: Fargate does not offer 8192 MiB with 512 CPU units; write one of "
        "1024, 2048, 3072, 4096",
    ),
    (
        PRODUCTION,
        "deployment_maximum_percent: 150\n    log_retention_days: 90",
        "deployment_maximum_percent: 150\n    log_retention_days: 100",
        f"{PGB}.log_retention_days: CloudWatch Logs has no retention of 100 days; write 90 or 120",
    ),
    (
        PRODUCTION,
        "deployment_maximum_percent: 150",
        "deployment_maximum_percent: 110",
        f"{PGB}.deployment_maximum_percent: 110 % of 2 tasks leaves no room to start a task "
        "before another stops; raise it (200 is always enough), or raise tasks.min",
    ),
    (
        PRODUCTION,
        "cpu: 512",
        "default_pool_size: 60\n    cpu: 512",
        f"{PGB}.tasks: 3 tasks at 150 % = 4 at once x [nexusflow_app (60 + 5)] = 260 "
        "connections to the primary, more than max_connections 200 minus 15 reserved = 185; "
        "lower tasks.max, deployment_maximum_percent or the pool sizes, or raise "
        "postgres.parameters.max_connections",
    ),
    (
        PRODUCTION,
        "cpu: 512",
        "default_pool_size: 35\n    cpu: 512",
        f"{PGB}.tasks: 3 tasks at 150 % = 4 at once x [nexusflow_app (35 + 5)] = 160 "
        "connections of nexusflow_app to the primary, more than its connection_limit 140; "
        "lower tasks.max, deployment_maximum_percent or the pool sizes, or raise "
        "database.roles.nexusflow_app.connection_limit",
    ),
    (
        POOLS,
        "  nexusflow_readers: {",
        "  pgbouncer: {",
        "pools.pgbouncer: this is the database name of PgBouncer's admin console; give the "
        "pool another name",
    ),
    (
        POOLS,
        "  nexusflow: {servers",
        "  others: {servers",
        "pools: no pool is named nexusflow, the database that clients connect to; add "
        "nexusflow: {servers: primary, users: […]}",
    ),
    (
        POOLS,
        "users: [nexusflow_app]",
        "users: [nexusflow_ap]",
        "pools.nexusflow.users.0: nexusflow_ap is not a role of the stack; did you mean "
        "nexusflow_app?",
    ),
    (
        POOLS,
        "users: [nexusflow_app]",
        "users: [nexusflow_app, nexusflow_app]",
        "pools.nexusflow.users: nexusflow_app is listed twice; list each role once",
    ),
    (
        FOUNDATION,
        "max_images: 30\n    deletion_protection: {enabled: true}",
        "max_images: 30\n    deletion_protection: {enabled: false}",
        "nexusflow-foundation:images.deletion_protection.reason: deletion protection is off "
        "without a reason; say in one sentence why, or write enabled: true",
    ),
)
FAULTS = [Broken(*row) for row in _ROWS]
