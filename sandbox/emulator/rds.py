"""Corrects moto's DB instances and puts a real server behind each (moto 5.2.5, 2026-11-24)."""

from __future__ import annotations

import logging
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from moto.rds.exceptions import DBInstanceAlreadyExists, RDSClientError
from moto.rds.models import DBInstance, RDSBackend

from sandbox.emulator import rds_checks, rds_parameters, rds_rules
from sandbox.emulator.dataplane import DataPlane, Place
from sandbox.emulator.patches import Method, around
from sandbox.emulator.rds_parameters import place
from sandbox.emulator.rds_rules import ENGINE
from sandbox.servers.postgres import Master, PostgresServerError

log = logging.getLogger("sandbox.emulator.rds")

_CA_LIFETIME = timedelta(days=365)
_ID_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

# What waits for the maintenance window unless ApplyImmediately is given: request's name ->
# (moto's attribute, name in PendingModifiedValues).
_DEFERRED = {
    "allocated_storage": ("allocated_storage", "AllocatedStorage"),
    "ca_certificate_identifier": ("ca_certificate_identifier", "CACertificateIdentifier"),
    "db_instance_class": ("db_instance_class", "DBInstanceClass"),
    "db_port_number": ("port", "Port"),
    "engine_version": ("engine_version", "EngineVersion"),
    "iops": ("iops", "Iops"),
    "multi_az": ("multi_az", "MultiAZ"),
    "storage_throughput": ("storage_throughput", "StorageThroughput"),
    "storage_type": ("storage_type", "StorageType"),
}


def patch(plane: DataPlane) -> None:
    _patch_descriptions(plane)
    _patch_create(plane)
    _patch_modify(plane)
    _patch_life(plane)
    _patch_delete(plane)
    _refuse_restores()


def _patch_descriptions(plane: DataPlane) -> None:
    # moto invents an address. Here it is the server's own; the port that was asked for stays
    # visible as DbInstancePort.
    invented = DBInstance.endpoint.fget

    def endpoint(database: Any) -> dict[str, Any] | None:
        if database.engine != ENGINE:
            result: dict[str, Any] = invented(database)
            return result
        server = plane.find(place(database))
        return {"Address": "127.0.0.1", "Port": server.port} if server else None

    DBInstance.endpoint = property(endpoint)

    # moto drops what AWS tells of the certificate.
    def certificate_details(database: Any) -> dict[str, Any]:
        return {
            "CAIdentifier": database.ca_certificate_identifier,
            "ValidTill": database.instance_create_time + _CA_LIFETIME,
        }

    DBInstance.certificate_details = property(certificate_details)


def _patch_create(plane: DataPlane) -> None:
    creating = _Reservations()

    # moto checks next to nothing, and an instance of its own has no server.
    @around(RDSBackend, "create_db_instance")
    def create(original: Method, backend: Any, arguments: Any) -> Any:
        if arguments.get("engine") != ENGINE or arguments.get("db_cluster_identifier"):
            return original(backend, arguments)
        identifier = str(arguments["db_instance_identifier"]).lower()
        with creating.reserve(Place(backend.region_name, identifier)):
            if identifier in backend.databases:
                raise DBInstanceAlreadyExists
            rds_checks.new_instance(backend, arguments)
            database = original(backend, arguments)
            database.status = "creating"
            _complete(database, arguments)
            try:
                _start_server(plane, database, arguments)
            except BaseException:
                backend.databases.pop(identifier, None)
                _forget_automated_snapshots(backend, identifier)
                raise
            database.status = "available"
            return database


def _complete(database: Any, arguments: Any) -> None:
    """Attributes that moto drops or gives one constant for all."""
    # moto has one constant for all instances.
    database.dbi_resource_id = "db-" + "".join(secrets.choice(_ID_ALPHABET) for _ in range(26))
    database.network_type = arguments.get("network_type") or "IPV4"
    database.pending_modified_values = {}
    database.in_force = rds_parameters.at_start(database)
    _set_insights(database, arguments)


def _set_insights(database: Any, arguments: Any) -> None:
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


def _start_server(plane: DataPlane, database: Any, arguments: Any) -> None:
    master = Master(arguments["master_username"], arguments["master_user_password"])
    values = database.in_force.values
    try:
        plane.create(place(database), values, master, arguments.get("db_name"))
    except PostgresServerError as error:
        raise RDSClientError("InvalidDBInstanceState", str(error)) from None


def _patch_modify(plane: DataPlane) -> None:
    # moto applies everything at once, ignores the port, and tells no server.
    @around(RDSBackend, "modify_db_instance")
    def modify(original: Method, backend: Any, db_instance_identifier: str, db_kwargs: Any) -> Any:
        database = backend.describe_db_instances(db_instance_identifier)[0]
        if database.engine != ENGINE:
            return original(backend, db_instance_identifier, db_kwargs)
        rds_checks.modification(backend, database, db_kwargs)
        if db_kwargs.get("apply_immediately"):
            # What was pending is applied along with what this request brings.
            _apply(database, database.pending_modified_values)
            database.pending_modified_values = {}
        else:
            _defer(database, db_kwargs)
        old = place(database)
        password = db_kwargs.pop("master_user_password", None)
        if port := db_kwargs.pop("db_port_number", None):
            database.port = port
        result = original(backend, db_instance_identifier, db_kwargs)
        _set_insights(database, db_kwargs)
        # moto lists a log type twice when it is switched on twice.
        exports = database.enabled_cloudwatch_logs_exports
        database.enabled_cloudwatch_logs_exports = list(dict.fromkeys(exports))
        plane.rename(old, place(database))
        server = plane.find(place(database))
        if password and server:
            server.set_password(Master(database.master_username, password))
        return result


def _defer(database: Any, asked: Any) -> None:
    for name, (attribute, shown) in _DEFERRED.items():
        value = asked.pop(name, None)
        if value is None:
            continue
        if value == getattr(database, attribute):
            database.pending_modified_values.pop(shown, None)
        else:
            database.pending_modified_values[shown] = value


def _apply(database: Any, pending: dict[str, Any]) -> None:
    for attribute, shown in _DEFERRED.values():
        if shown in pending:
            setattr(database, attribute, pending[shown])


def _patch_life(plane: DataPlane) -> None:
    # moto's reboot, stop and start change nothing that runs.
    @around(RDSBackend, "reboot_db_instance")
    def reboot(original: Method, backend: Any, db_instance_identifier: str) -> Any:
        database = original(backend, db_instance_identifier)
        if server := plane.find(place(database)):
            _require(database, "available", "incompatible-parameters")
            server.stop()
            _start(plane, database)
        return database

    @around(RDSBackend, "stop_db_instance")
    def stop(original: Method, backend: Any, identifier: str, snapshot: str | None = None) -> Any:
        database = original(backend, identifier, snapshot)
        if server := plane.find(place(database)):
            server.stop()
        return database

    @around(RDSBackend, "start_db_instance")
    def start(original: Method, backend: Any, db_instance_identifier: str) -> Any:
        database = original(backend, db_instance_identifier)
        _start(plane, database)
        return database


def _start(plane: DataPlane, database: Any) -> None:
    """Starts a stopped server with its group in force; AWS reports a failure as a status."""
    server = plane.find(place(database))
    if server is None:
        return
    in_force = rds_parameters.at_start(database)
    try:
        server.start(in_force.values)
    except PostgresServerError as error:
        log.error("%s", error)  # noqa: TRY400 - the message is the server's log, not a stack
        database.status = "incompatible-parameters"
    else:
        database.in_force = in_force
        database.status = "available"


def _patch_delete(plane: DataPlane) -> None:
    # moto skips the final snapshot silently when it is neither named nor declined.
    @around(RDSBackend, "delete_db_instance")
    def delete(
        original: Method,
        backend: Any,
        db_instance_identifier: str,
        final_db_snapshot_identifier: str | None = None,
        skip_final_snapshot: bool | None = None,
        delete_automated_backups: bool | None = None,
    ) -> Any:
        database = backend.describe_db_instances(db_instance_identifier)[0]
        if database.engine == ENGINE and not database.is_replica:
            if not database.deletion_protection:
                rds_rules.final_snapshot(bool(skip_final_snapshot), final_db_snapshot_identifier)
            if database.status == "creating":
                _require(database, "available")
        deleted = original(
            backend,
            db_instance_identifier,
            final_db_snapshot_identifier,
            skip_final_snapshot,
            delete_automated_backups is not False,
        )
        plane.destroy(place(database))
        return deleted


def _refuse_restores() -> None:
    # moto restores an instance's description; an empty server under it would be a lie.
    for name in (
        "restore_db_instance_from_db_snapshot",
        "restore_db_instance_to_point_in_time",
        "create_db_instance_read_replica",
    ):

        @around(RDSBackend, name)
        def refuse(_original: Method, _backend: Any, *_arguments: Any, **_named: Any) -> Any:
            raise RDSClientError(
                "NotImplemented", "The sandbox has no data to put behind this instance."
            )


def _forget_automated_snapshots(backend: Any, identifier: str) -> None:
    for name, snapshot in list(backend.database_snapshots.items()):
        automated = snapshot.snapshot_type == "automated"
        if automated and snapshot.database.db_instance_identifier == identifier:
            del backend.database_snapshots[name]


def _require(database: Any, *states: str) -> None:
    if database.status not in states:
        raise RDSClientError(
            "InvalidDBInstanceState",
            f"Instance {database.db_instance_identifier} is {database.status}, not {states[0]}.",
        )


class _Reservations:
    """Names of instances being made: moto would take the same name twice meanwhile."""

    def __init__(self) -> None:
        self._taken: set[Place] = set()
        self._lock = threading.Lock()

    @contextmanager
    def reserve(self, name: Place) -> Iterator[None]:
        with self._lock:
            if name in self._taken:
                raise DBInstanceAlreadyExists
            self._taken.add(name)
        try:
            yield
        finally:
            with self._lock:
                self._taken.discard(name)
