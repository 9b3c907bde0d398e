"""Checks of PostgreSQL: logins, parameters and replication on the servers, and the instance's
figures in RDS."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import psycopg
from psycopg.errors import ReadOnlySqlTransaction

from acceptance import documented, logins
from acceptance.attempt import check, first_line
from acceptance.logins import PostgresLogin
from acceptance.postgres_roles import APPLICATION, TLS_USER, RoleLogin
from engine.result import Check
from sandbox.polling import wait_until

MASTER = "nexusflow_master"
ENCODING = "SELECT pg_encoding_to_char(encoding) FROM pg_database WHERE datname = %s"
WAL_POSITION = "SELECT pg_current_wal_lsn()"
HAS_REPLAYED = "SELECT pg_last_wal_replay_lsn() >= %s::pg_lsn"
RECEIVER_STATUS = "SELECT status FROM pg_stat_wal_receiver"
REPLAY_TIMEOUT_S = 10
BASELINE_IOPS = 3_000
"""What gp3 provides below 400 GB, where RDS does not accept an IOPS setting (docs/adr/0002)."""


def server_checks(
    outputs: Mapping[str, Any], master: Callable[[], PostgresLogin], role: RoleLogin
) -> Iterator[Check]:
    """Checks made on the running servers. A login under another user name has failed."""
    readers = outputs["postgres"].get("readers") or ()
    yield check("master logs in over TLS", f"TLS as {MASTER}", lambda: _ask(master(), TLS_USER))
    yield check(
        f"{APPLICATION} logs in over TLS",
        f"TLS as {APPLICATION}",
        lambda: _ask(role(APPLICATION), TLS_USER),
    )
    yield check(
        f"encoding of database {documented.DATABASE}",
        documented.ENCODING,
        lambda: _ask(master(), ENCODING, documented.DATABASE),
    )
    for name, value in documented.PARAMETERS.items():
        yield check(f"parameter {name}", value, partial(_parameter, master, readers, name))
    for reader in readers:
        identifier = reader["identifier"]
        yield check(
            f"replication to {identifier}", "streaming", partial(_replication, master, reader)
        )
        yield check(
            f"{identifier} refuses writes", "read-only", partial(_write_to_reader, master, reader)
        )


def instance_checks(environment: str, outputs: Mapping[str, Any], rds: Any) -> Iterator[Check]:
    """The figures of the primary, as RDS describes it. The documentation has none for environments
    of the team's own."""
    figures = documented.INSTANCES.get(environment)
    if figures is None:
        return
    try:
        identifier = outputs["postgres"]["identifier"]
        instance = rds.describe_db_instances(DBInstanceIdentifier=identifier)["DBInstances"][0]
    except Exception as error:  # noqa: BLE001 - a check that can't be made has failed
        yield Check("RDS instance", f"nexusflow-{environment}", first_line(error))
        return
    replicas = instance.get("ReadReplicaDBInstanceIdentifiers", ())
    storage = f"{figures.storage_gb} GB {figures.storage_type}"
    actual_storage = f"{instance['AllocatedStorage']} GB {instance['StorageType']}"
    rows = (
        ("identifier", f"nexusflow-{environment}", instance["DBInstanceIdentifier"]),
        ("class", figures.instance_class, instance["DBInstanceClass"]),
        ("engine", documented.MAJOR_VERSIONS["postgres"], _major(instance["EngineVersion"])),
        ("storage", storage, actual_storage),
        ("IOPS", f"{figures.iops}", f"{instance.get('Iops') or BASELINE_IOPS}"),
        ("Multi-AZ", _yes_or_no(figures.multi_az), _yes_or_no(instance["MultiAZ"])),
        ("read replicas", f"{figures.read_replicas}", f"{len(replicas)}"),
    )
    for name, expected, actual in rows:
        yield Check(f"instance: {name}", expected, str(actual))


def _ask(login: PostgresLogin, query: str, *values: str) -> str:
    with psycopg.connect(**login.keywords()) as connection:
        row = connection.execute(query.encode(), values or None).fetchone()
    return str(row[0]) if row else "nothing"


def _parameter(
    master: Callable[[], PostgresLogin], readers: tuple[Mapping[str, Any], ...], name: str
) -> str:
    """The value that all servers share; else each server's."""
    primary = master()
    servers = [primary, *(logins.at_reader(primary, reader) for reader in readers)]
    values = [_ask(server, f"SHOW {name}") for server in servers]
    return values[0] if len(set(values)) == 1 else " / ".join(values)


def _replication(master: Callable[[], PostgresLogin], reader: Mapping[str, Any]) -> str:
    """The receiver's status, once it has replayed what the primary has written by now."""
    position = _ask(master(), WAL_POSITION)
    replica = logins.at_reader(master(), reader)

    def has_replayed() -> bool:
        return _ask(replica, HAS_REPLAYED, position) == "True"

    if not wait_until(has_replayed, REPLAY_TIMEOUT_S, interval_s=0.1):
        return f"{position} was not replayed within {REPLAY_TIMEOUT_S} s"
    return _ask(replica, RECEIVER_STATUS)


def _write_to_reader(master: Callable[[], PostgresLogin], reader: Mapping[str, Any]) -> str:
    replica = logins.at_reader(master(), reader)
    try:
        _ask(replica, "CREATE TABLE public.written_to_a_reader (); SELECT 1")
    except ReadOnlySqlTransaction:
        return "read-only"
    return "created a table"


def _major(version: str) -> str:
    return version.partition(".")[0]


def _yes_or_no(value: bool) -> str:
    return "yes" if value else "no"
