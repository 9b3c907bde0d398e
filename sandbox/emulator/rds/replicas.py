"""Corrects moto's read replicas and runs a real standby behind each (moto 5.2.5, 2026-11-24)."""

from __future__ import annotations

import logging
from typing import Any

from moto.rds.models import DBInstance, RDSBackend

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds import checks, creation, replica_checks
from sandbox.emulator.rds import rules as rds_rules
from sandbox.emulator.rds.parameters import instance_key
from sandbox.emulator.rds.rules import ENGINE
from sandbox.emulator.rds.servers import DataPlane
from sandbox.servers.postgres.server import PostgresServerError

log = logging.getLogger("sandbox.emulator.rds.instances")


def patch(plane: DataPlane) -> None:
    _patch_create(plane)
    _patch_promote(plane)
    _patch_descriptions(plane)


def _patch_create(plane: DataPlane) -> None:
    # moto makes a shallow copy of the source, so the replica shares the source's lists.
    @wrap_method(RDSBackend, "create_db_instance_read_replica")
    def create(original: Method, backend: Any, arguments: Any) -> Any:
        source = replica_checks.find_source(backend, arguments)
        if source.engine != ENGINE:
            return original(backend, arguments)
        identifier = str(arguments["db_instance_identifier"]).lower()
        with creation.reserved(backend, identifier):
            backend._validate_db_identifier(identifier)
            attributes = replica_checks.attributes(backend, source, arguments)
            replica = DBInstance(backend, **attributes)
            replica.is_replica = True
            creation.complete(replica, attributes)
            backend.databases[identifier] = replica
            creation.start(
                backend,
                replica,
                lambda: plane.create_standby(
                    instance_key(replica), instance_key(source), replica.in_force.values
                ),
            )
            source.add_replica(replica)
            return replica


def _patch_promote(plane: DataPlane) -> None:
    # moto leaves a promoted replica linked to its source.
    @wrap_method(RDSBackend, "promote_read_replica")
    def promote(original: Method, backend: Any, arguments: Any) -> Any:
        replica = backend.describe_db_instances(arguments["db_instance_identifier"])[0]
        if replica.engine != ENGINE:
            return original(backend, arguments)
        checks.require(replica, "available")
        replica_checks.promotion(replica, arguments)
        source = backend.databases.get(replica.source_db_instance_identifier)
        _make_standalone(plane, replica)
        if source is not None:
            source.remove_replica(replica)
        days = arguments.get("backup_retention_period")
        if days is None:
            days = replica.backup_retention_period or rds_rules.DEFAULT_RETENTION_DAYS
        replica.backup_retention_period = days
        if window := arguments.get("preferred_backup_window"):
            replica.preferred_backup_window = window
        return replica


def _patch_descriptions(plane: DataPlane) -> None:
    # moto omits the replication status.
    def status_infos(database: Any) -> list[dict[str, Any]] | None:
        if database.engine != ENGINE or not database.is_replica:
            return None
        server = plane.find(instance_key(database))
        normal = server is not None and server.streams()
        status = "replicating" if normal else "error"
        return [{"StatusType": "read replication", "Normal": normal, "Status": status}]

    DBInstance.status_infos = property(status_infos)


def promote_all(plane: DataPlane, backend: Any, source: Any) -> None:
    """Promotes the replicas of an instance that is being deleted."""
    for name in source.replicas:
        replica = backend.databases[name]
        try:
            _make_standalone(plane, replica)
        except PostgresServerError as error:
            log.error("%s", error)  # noqa: TRY400 - the message is the server's log
            replica.status = "failed"
    source.replicas = []


def rename(backend: Any, old: str, database: Any) -> None:
    """Updates an instance's name in its source and its replicas, which moto fails to do."""
    new = database.db_instance_identifier
    for replica in database.replicas:
        backend.databases[replica].source_db_instance_identifier = new
    if database.is_replica:
        source = backend.databases[database.source_db_instance_identifier]
        source.replicas = [new if name == old else name for name in source.replicas]


def _make_standalone(plane: DataPlane, replica: Any) -> None:
    if server := plane.find(instance_key(replica)):
        server.promote()
    replica.is_replica = False
    replica.source_db_instance_identifier = None
