"""Steps shared by all ways of creating a DB instance: its name, attributes and server."""

from __future__ import annotations

import secrets
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from moto.rds.exceptions import DBInstanceAlreadyExists, RDSClientError

from sandbox.emulator.rds import parameters
from sandbox.emulator.rds.servers import InstanceKey
from sandbox.servers.postgres.server import PostgresServerError

_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

_lock = threading.Lock()
_being_created: set[InstanceKey] = set()


@contextmanager
def reserved(backend: Any, identifier: str) -> Iterator[None]:
    """Reserves an identifier during the creation: moto would accept it twice meanwhile."""
    name = InstanceKey(backend.region_name, identifier)
    with _lock:
        if name in _being_created or identifier in backend.databases:
            raise DBInstanceAlreadyExists
        _being_created.add(name)
    try:
        yield
    finally:
        with _lock:
            _being_created.discard(name)


def complete(database: Any, arguments: Any) -> None:
    """Sets the attributes that moto drops or fills with constants."""
    database.status = "creating"
    database.dbi_resource_id = "db-" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(26))
    database.network_type = arguments.get("network_type") or "IPV4"
    database.pending_modified_values = {}
    database.in_force = parameters.at_start(database)
    set_insights(database, arguments)


def set_insights(database: Any, arguments: Any) -> None:
    enabled = arguments.get("enable_performance_insights")
    if enabled is not None:
        database.performance_insights_enabled = enabled
        database.performance_insights_kms_key_id = None
        database.performance_insights_retention_period = 7 if enabled else None
    if not getattr(database, "performance_insights_enabled", False):
        database.performance_insights_enabled = False
        return
    for name in ("performance_insights_kms_key_id", "performance_insights_retention_period"):
        if arguments.get(name) is not None:
            setattr(database, name, arguments[name])


def start(backend: Any, database: Any, make_server: Callable[[], object]) -> None:
    """Creates the server; if it doesn't start, removes the instance again."""
    try:
        make_server()
    except BaseException as error:
        backend.databases.pop(database.db_instance_identifier, None)
        _forget_automated_snapshots(backend, database.db_instance_identifier)
        if isinstance(error, PostgresServerError):
            raise RDSClientError("InvalidDBInstanceState", str(error)) from None
        raise
    database.status = "available"


def _forget_automated_snapshots(backend: Any, identifier: str) -> None:
    for name, snapshot in list(backend.database_snapshots.items()):
        automated = snapshot.snapshot_type == "automated"
        if automated and snapshot.database.db_instance_identifier == identifier:
            del backend.database_snapshots[name]
