"""The checks after `up`: logins over TLS, the running servers, the documented figures."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import psycopg
from psycopg.errors import ReadOnlySqlTransaction

from acceptance import alarms as alarm_checks
from acceptance import backups, certificates, clickhouse, documented, logins, pgbouncer, roles
from acceptance import redis as redis_checks
from engine.result import Check
from sandbox.clients import aws_client
from sandbox.paths import SandboxPaths
from sandbox.variables import aws_variables

TLS_LOGIN = """
    SELECT CASE WHEN ssl THEN 'TLS as ' || session_user ELSE 'no TLS' END
    FROM pg_stat_ssl WHERE pid = pg_backend_pid()
"""
ENCODING = """
    SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s
"""
STREAMING = "streaming"
ARRIVED = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
ARRIVES_WITHIN_S = 10
ROLE = "nexusflow_app"
MASTER = "nexusflow_master"
"""The documented logins; a secret with another user name fails the check."""


def run(paths: SandboxPaths, endpoint: str, outputs: Mapping[str, Any]) -> tuple[Check, ...]:
    """Every check of the environment; one that raises has failed."""
    from sandbox.run import region

    variables = aws_variables(endpoint, region(paths))
    secrets = aws_client("secretsmanager", variables)

    def login(secret_arn: str) -> logins.Login:
        ca_certificate = str(paths.ca_certificate)
        return logins.of_secret(secret_arn, outputs["postgres"], ca_certificate, secrets)

    def master() -> logins.Login:
        return login(outputs["postgres"]["master_secret_arn"])

    def login_of(name: str) -> logins.Login:
        return login(outputs["roles"][name]["secret_arn"])

    def role() -> logins.Login:
        return login_of(ROLE)

    readers = outputs["postgres"].get("readers") or ()

    def shown(parameter: str) -> str:
        """The value of a parameter if it is the same on all servers, else each server's."""
        primary = master()
        servers = [primary, *(logins.at(primary, reader) for reader in readers)]
        values = [_ask(server, f"SHOW {parameter}") for server in servers]
        return values[0] if len(set(values)) == 1 else " / ".join(values)

    checks = [
        _tried("master logs in over TLS", f"TLS as {MASTER}", lambda: _ask(master(), TLS_LOGIN)),
        _tried(f"{ROLE} logs in over TLS", f"TLS as {ROLE}", lambda: _ask(role(), TLS_LOGIN)),
        _tried(
            f"database {documented.DATABASE}",
            documented.ENCODING,
            lambda: _ask(master(), ENCODING, documented.DATABASE),
        ),
    ]
    for name, value in documented.PARAMETERS.items():
        checks.append(_tried(f"parameter {name}", value, partial(shown, name)))
    for reader in readers:
        checks.append(
            _tried(
                f"{reader['identifier']} streams",
                STREAMING,
                partial(_streams, master, reader),
            )
        )
        checks.append(
            _tried(
                f"{reader['identifier']} refuses writes",
                ReadOnlySqlTransaction.__name__,
                partial(_write, master, reader),
            )
        )
    checks += roles.checks(login_of, _tried)
    if "pgbouncer" in outputs:
        checks += pgbouncer.checks(paths, outputs, login_of, secrets, _tried)
    if "certificates" in outputs:
        checks += certificates.checks(outputs, secrets, _tried)
    if "redis" in outputs:
        elasticache = aws_client("elasticache", variables)
        ca_certificate = str(paths.ca_certificate)
        checks += redis_checks.checks(outputs, ca_certificate, secrets, elasticache, _tried)
    if "clickhouse" in outputs:
        checks += clickhouse.checks(outputs, aws_client("ec2", variables), _tried)
    rds = aws_client("rds", variables)
    checks += _instance_checks(paths.environment, outputs, rds)
    cloudwatch = aws_client("cloudwatch", variables)
    checks += alarm_checks.checks(paths.environment, outputs, cloudwatch, _tried)
    if "backups" in outputs:
        checks += backups.checks(paths, endpoint, outputs, region(paths), _tried)
    return tuple(checks)


def _instance_checks(environment: str, outputs: Mapping[str, Any], rds: Any) -> Iterator[Check]:
    figures = documented.INSTANCES.get(environment)
    if figures is None:  # not a documented environment: there are no figures to compare
        return
    try:
        identifier = outputs["postgres"]["identifier"]
        instance = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    except Exception as error:  # noqa: BLE001 - any error is the check's result
        yield Check("RDS instance", f"nexusflow-{environment}", _one_line(error))
        return
    replicas = instance.get("ReadReplicaDBInstanceIdentifiers", ())
    storage = f"{figures.storage_gb} GB {figures.storage_type}"
    found_storage = f"{instance['AllocatedStorage']} GB {instance['StorageType']}"
    rows = (
        ("identifier", f"nexusflow-{environment}", instance["DBInstanceIdentifier"]),
        ("class", figures.instance_class, instance["DBInstanceClass"]),
        ("engine", documented.MAJOR_VERSIONS["postgres"], _major(instance["EngineVersion"])),
        ("storage", storage, found_storage),
        ("IOPS", f"{figures.iops}", f"{instance.get('Iops') or DEFAULT_IOPS}"),
        ("Multi-AZ", _yes(figures.multi_az), _yes(instance["MultiAZ"])),
        ("read replicas", f"{figures.read_replicas}", f"{len(replicas)}"),
    )
    for name, expected, actual in rows:
        yield Check(f"instance: {name}", expected, str(actual))


DEFAULT_IOPS = 3_000
"""The IOPS of gp3 below 400 GB, where RDS refuses an explicit value (reference: postgres, 4)."""


def _tried(name: str, expected: str, attempt: Callable[[], str]) -> Check:
    try:
        return Check(name, expected, attempt())
    except Exception as error:  # noqa: BLE001 - any error is the check's result
        return Check(name, expected, _one_line(error))


def _ask(login: logins.Login, query: str, *values: str) -> str:
    with psycopg.connect(**login.keywords()) as connection:
        row = connection.execute(query.encode(), values or None).fetchone()
    return str(row[0]) if row else "nothing"


def _one_line(error: Exception) -> str:
    """The first line of the message; libpq's and boto3's contain no password."""
    text = str(error).strip().splitlines()
    return f"{type(error).__name__}: {text[0] if text else ''}"


def _streams(login: Callable[[], logins.Login], reader: Mapping[str, Any]) -> str:
    """Waits until the primary's current WAL position is replayed on the reader."""
    position = _ask(login(), "SELECT pg_current_wal_lsn()")
    replica = logins.at(login(), reader)
    deadline = time.monotonic() + ARRIVES_WITHIN_S
    while _ask(replica, ARRIVED, position) != "True":
        if time.monotonic() > deadline:
            return f"{position} has not arrived after {ARRIVES_WITHIN_S} s"
        time.sleep(0.1)
    return _ask(replica, "SELECT status FROM pg_stat_wal_receiver")


def _write(login: Callable[[], logins.Login], reader: Mapping[str, Any]) -> str:
    """The name of the error with which the reader refuses a write."""
    try:
        _ask(logins.at(login(), reader), "CREATE TABLE public.written_to_a_reader (); SELECT 1")
    except psycopg.Error as error:
        return type(error).__name__
    return "wrote a table"


def _major(version: str) -> str:
    return version.partition(".")[0]


def _yes(value: bool) -> str:
    return "yes" if value else "no"
