"""Reboots, stops and starts the servers of DB instances (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

import logging
from typing import Any

from moto.rds.models import RDSBackend

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds import checks, parameters
from sandbox.emulator.rds.parameters import instance_key
from sandbox.emulator.rds.servers import DataPlane
from sandbox.servers.postgres.server import PostgresServerError

log = logging.getLogger("sandbox.emulator.rds.instances")


def patch(plane: DataPlane) -> None:
    # moto changes only the status.
    @wrap_method(RDSBackend, "reboot_db_instance")
    def reboot(original: Method, backend: Any, db_instance_identifier: str) -> Any:
        database = original(backend, db_instance_identifier)
        if server := plane.find(instance_key(database)):
            checks.require(database, "available", "incompatible-parameters")
            server.stop()
            _start(plane, database)
        return database

    @wrap_method(RDSBackend, "stop_db_instance")
    def stop(original: Method, backend: Any, identifier: str, snapshot: str | None = None) -> Any:
        checks.stopping(backend.describe_db_instances(identifier)[0])
        database = original(backend, identifier, snapshot)
        if server := plane.find(instance_key(database)):
            server.stop()
        return database

    @wrap_method(RDSBackend, "start_db_instance")
    def start(original: Method, backend: Any, db_instance_identifier: str) -> Any:
        database = original(backend, db_instance_identifier)
        _start(plane, database)
        return database


def _start(plane: DataPlane, database: Any) -> None:
    """Starts a stopped server with its parameter group. As in AWS, a failure becomes a status."""
    server = plane.find(instance_key(database))
    if server is None:
        return
    in_force = parameters.at_start(database)
    try:
        server.start(in_force.values)
    except PostgresServerError as error:
        log.error("%s", error)  # noqa: TRY400 - the message is the server's log
        database.status = "incompatible-parameters"
    else:
        database.in_force = in_force
        database.status = "available"
