"""All acceptance checks of an environment, made after every `up`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from acceptance import (
    alarms,
    backups,
    certificates,
    clickhouse,
    logins,
    pgbouncer,
    postgres,
    postgres_roles,
    redis,
)
from acceptance.logins import PostgresLogin
from engine.result import Check
from sandbox.clients import aws_client
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables


def run(paths: SandboxPaths, endpoint: str, outputs: Mapping[str, Any]) -> tuple[Check, ...]:
    """Checks what runs against the documented figures. `outputs` are the main stack's; stores
    that it doesn't have yet are left out."""
    return tuple(_checks(paths, endpoint, outputs))


def _checks(paths: SandboxPaths, endpoint: str, outputs: Mapping[str, Any]) -> Iterator[Check]:
    from sandbox.run import region

    variables = aws_variables(endpoint, region(paths))
    ca_certificate = str(paths.ca_certificate)

    def aws(service: str) -> Any:
        return aws_client(service, variables)

    secrets_manager = aws("secretsmanager")

    def login(secret_arn: str) -> PostgresLogin:
        database = outputs["postgres"]
        return logins.postgres_login(secret_arn, database, ca_certificate, secrets_manager)

    def master() -> PostgresLogin:
        return login(outputs["postgres"]["master_secret_arn"])

    def role(name: str) -> PostgresLogin:
        return login(outputs["roles"][name]["secret_arn"])

    yield from postgres.server_checks(outputs, master, role)
    yield from postgres_roles.checks(role)
    yield from postgres.instance_checks(paths.environment, outputs, aws("rds"))
    yield from alarms.checks(paths.environment, outputs, aws("cloudwatch"))
    if "pgbouncer" in outputs:
        yield from pgbouncer.checks(paths, outputs, role, secrets_manager)
    if "certificates" in outputs:
        yield from certificates.checks(outputs, secrets_manager)
    if "redis" in outputs:
        yield from redis.checks(outputs, ca_certificate, secrets_manager, aws("elasticache"))
    if "clickhouse" in outputs:
        yield from clickhouse.checks(outputs, aws("ec2"))
    if "backups" in outputs:
        yield from backups.checks(paths, endpoint, outputs, region(paths))
