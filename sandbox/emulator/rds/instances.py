"""Corrects moto's DB instances and runs a real server behind each (moto 5.2.5, 2026-11-24)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from moto.rds.exceptions import DBInstanceNotFoundError, RDSClientError
from moto.rds.models import DBInstance, RDSBackend

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds import checks, creation, replicas
from sandbox.emulator.rds.parameters import instance_key
from sandbox.emulator.rds.rules import ENGINE
from sandbox.emulator.rds.servers import DataPlane
from sandbox.servers.postgres.roles import MasterUser

_CA_LIFETIME = timedelta(days=365)

# Parameters that wait for the maintenance window without ApplyImmediately: name in the request ->
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
    _patch_delete(plane)
    _patch_tags()
    _refuse_restores()


def _patch_descriptions(plane: DataPlane) -> None:
    # moto invents an address; this one is the server's. The requested port is still described, as
    # DbInstancePort.
    invented = DBInstance.endpoint.fget

    def endpoint(database: Any) -> dict[str, Any] | None:
        if database.engine != ENGINE:
            result: dict[str, Any] = invented(database)
            return result
        server = plane.find(instance_key(database))
        return {"Address": "127.0.0.1", "Port": server.port} if server else None

    DBInstance.endpoint = property(endpoint)

    # moto omits the details of the server's certificate.
    def certificate_details(database: Any) -> dict[str, Any]:
        return {
            "CAIdentifier": database.ca_certificate_identifier,
            "ValidTill": database.instance_create_time + _CA_LIFETIME,
        }

    DBInstance.certificate_details = property(certificate_details)


def _patch_create(plane: DataPlane) -> None:
    # moto checks next to nothing and has no servers.
    @wrap_method(RDSBackend, "create_db_instance")
    def create(original: Method, backend: Any, arguments: Any) -> Any:
        if arguments.get("engine") != ENGINE or arguments.get("db_cluster_identifier"):
            return original(backend, arguments)
        with creation.reserved(backend, str(arguments["db_instance_identifier"]).lower()):
            checks.new_instance(backend, arguments)
            database = original(backend, arguments)
            creation.complete(database, arguments)
            master = MasterUser(arguments["master_username"], arguments["master_user_password"])
            creation.start(
                backend,
                database,
                lambda: plane.create(
                    instance_key(database),
                    database.in_force.values,
                    master,
                    arguments.get("db_name"),
                ),
            )
            return database


def _patch_modify(plane: DataPlane) -> None:
    # moto applies everything at once, ignores the port, and has no servers.
    @wrap_method(RDSBackend, "modify_db_instance")
    def modify(original: Method, backend: Any, db_instance_identifier: str, db_kwargs: Any) -> Any:
        database = backend.describe_db_instances(db_instance_identifier)[0]
        if database.engine != ENGINE:
            return original(backend, db_instance_identifier, db_kwargs)
        checks.modification(backend, database, db_kwargs)
        if db_kwargs.get("apply_immediately"):
            # pending changes are applied together with those of this request
            _apply(database, database.pending_modified_values)
            database.pending_modified_values = {}
        else:
            _defer(database, db_kwargs)
        old = instance_key(database)
        password = db_kwargs.pop("master_user_password", None)
        if port := db_kwargs.pop("db_port_number", None):
            database.port = port
        result = original(backend, db_instance_identifier, db_kwargs)
        creation.set_insights(database, db_kwargs)
        # moto lists a log type twice after it is enabled twice
        exports = database.enabled_cloudwatch_logs_exports
        database.enabled_cloudwatch_logs_exports = list(dict.fromkeys(exports))
        if old != instance_key(database):
            plane.rename(old, instance_key(database))
            replicas.rename(backend, old.identifier, database)
        server = plane.find(instance_key(database))
        if password and server:
            server.set_password(MasterUser(database.master_username, password))
        return result


def _defer(database: Any, requested: Any) -> None:
    for name, (attribute, shown) in _DEFERRED.items():
        value = requested.pop(name, None)
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


def _patch_delete(plane: DataPlane) -> None:
    # moto silently skips the final snapshot when the request neither names nor declines it.
    @wrap_method(RDSBackend, "delete_db_instance")
    def delete(
        original: Method,
        backend: Any,
        db_instance_identifier: str,
        final_db_snapshot_identifier: str | None = None,
        skip_final_snapshot: bool | None = None,
        delete_automated_backups: bool | None = None,
    ) -> Any:
        database = backend.describe_db_instances(db_instance_identifier)[0]
        if database.engine == ENGINE:
            checks.deletion(database, bool(skip_final_snapshot), final_db_snapshot_identifier)
        deleted = original(
            backend,
            db_instance_identifier,
            final_db_snapshot_identifier,
            skip_final_snapshot,
            delete_automated_backups is not False,
        )
        replicas.promote_all(plane, backend, database)
        plane.destroy(instance_key(database))
        return deleted


def _patch_tags() -> None:
    # moto accepts tags for missing instances and drops them.
    @wrap_method(RDSBackend, "_get_resource_for_tagging")
    def tagged(original: Method, backend: Any, arn: str) -> Any:
        found = original(backend, arn)
        kind, _, name = arn.split(":", 5)[-1].partition(":")
        if found is None and kind == "db":
            raise DBInstanceNotFoundError(name)
        return found


def _refuse_restores() -> None:
    # moto restores only the description of an instance; its server would be empty.
    for name in (
        "restore_db_instance_from_db_snapshot",
        "restore_db_instance_to_point_in_time",
    ):

        @wrap_method(RDSBackend, name)
        def refuse(_original: Method, _backend: Any, *_arguments: Any, **_named: Any) -> Any:
            raise RDSClientError(
                "NotImplemented", "The sandbox has no data to put behind this instance."
            )
