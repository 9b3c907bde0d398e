"""Corrects moto's DB parameter groups and DB subnet groups (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from moto.core.responses import ActionResult
from moto.rds.exceptions import (
    DBParameterGroupNotFoundError,
    DBSubnetGroupNotFoundError,
    RDSClientError,
)
from moto.rds.models import DBInstance, RDSBackend
from moto.rds.responses import RDSResponse

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds import parameters as rds_parameters
from sandbox.emulator.rds import rules as rds_rules
from sandbox.emulator.rds.parameters import Change
from sandbox.emulator.rds.rules import InvalidCombinationError, InvalidValueError
from sandbox.emulator.rds.servers import DataPlane
from sandbox.servers.postgres import parameters

_MOST_PARAMETERS = 20
_NAME = re.compile(r"(?!.*--)[A-Za-z][A-Za-z0-9-]{0,254}(?<!-)")


def patch(plane: DataPlane) -> None:
    _patch_parameter_groups(plane)
    _patch_parameter_calls()
    _patch_subnet_groups()


def _patch_parameter_groups(plane: DataPlane) -> None:
    # moto accepts any family and any name.
    @wrap_method(RDSBackend, "create_db_parameter_group")
    def create(original: Method, backend: Any, arguments: Any) -> Any:
        name, family = arguments["db_parameter_group_name"], arguments["db_parameter_group_family"]
        if not _NAME.fullmatch(name):
            raise InvalidValueError(
                f"The parameter DBParameterGroupName is not a valid identifier: {name}. It must "
                "begin with a letter, contain only letters, digits and hyphens, not end with a "
                "hyphen and have no two hyphens in a row."
            )
        if family.startswith("postgres") and family not in rds_rules.families():
            raise InvalidValueError(f"DBParameterGroupFamily {family} is not valid.")
        return original(backend, arguments)

    # moto returns an empty list for a missing group instead of an error.
    @wrap_method(RDSBackend, "describe_db_parameter_groups")
    def describe(original: Method, backend: Any, arguments: Any) -> Any:
        name = arguments.get("db_parameter_group_name")
        if name and name not in backend.db_parameter_groups:
            raise DBParameterGroupNotFoundError(name)
        return original(backend, arguments)

    # moto accepts any parameter with any value, and no server applies it.
    @wrap_method(RDSBackend, "modify_db_parameter_group")
    def modify(
        original: Method,
        backend: Any,
        db_parameter_group_name: str,
        db_parameter_group_parameters: Iterable[dict[str, Any]],
    ) -> Any:
        group = _changeable(backend, db_parameter_group_name)
        rows = list(db_parameter_group_parameters)
        if len(rows) > _MOST_PARAMETERS:
            raise InvalidValueError(
                f"At most {_MOST_PARAMETERS} parameters can be modified in one request."
            )
        changes = [_change(row) for row in rows]
        _check({**rds_parameters.values(group), **{c.name: c.value or "" for c in changes}})
        result = original(backend, db_parameter_group_name, rows)
        rds_parameters.apply_changes(plane, _members(backend, group.name), changes)
        return result

    # moto deletes groups in use, after which every describe_db_instances fails.
    @wrap_method(RDSBackend, "delete_db_parameter_group")
    def delete(original: Method, backend: Any, db_parameter_group_name: str) -> Any:
        if _members(backend, db_parameter_group_name):
            raise RDSClientError(
                "InvalidDBParameterGroupState",
                "One or more database instances are still members of this parameter group "
                f"{db_parameter_group_name}, so the group cannot be deleted",
            )
        if db_parameter_group_name in backend.db_parameter_groups:
            _changeable(backend, db_parameter_group_name)
        return original(backend, db_parameter_group_name)

    # moto lacks this call.
    def reset_db_parameter_group(response: Any) -> ActionResult:
        name = response.params.get("DBParameterGroupName")
        group = _changeable(response.backend, name)
        whole = response.params.get("ResetAllParameters")
        rows = [] if whole else [row.original_dict() for row in response.params["Parameters"]]
        changes = [replace(_change({**row, "ParameterValue": ""}), value=None) for row in rows]
        if whole:
            changes = [
                Change(parameter, None, immediate=not parameters.find(parameter).static)
                for parameter in rds_parameters.values(group)
            ]
        for change in changes:
            group.parameters.pop(change.name, None)
        rds_parameters.apply_changes(plane, _members(response.backend, group.name), changes)
        return ActionResult({"DBParameterGroupName": group.name})

    RDSResponse.reset_db_parameter_group = reset_db_parameter_group


def _patch_parameter_calls() -> None:
    # moto lists only the parameters that were set, with name, value and apply method.
    @wrap_method(RDSResponse, "describe_db_parameters")
    def describe(original: Method, response: Any) -> Any:
        name = response.params.get("DBParameterGroupName")
        group = response.backend.db_parameter_groups.get(name)
        if group is None or not str(group.family).startswith("postgres"):
            return original(response)
        source = response.params.get("Source")
        rows = rds_parameters.rows(group)
        return ActionResult({"Parameters": [r for r in rows if source in (None, r["Source"])]})

    # moto always reports in-sync.
    DBInstance.db_parameter_group_status_list = property(rds_parameters.statuses)


def _patch_subnet_groups() -> None:
    # moto accepts existing names, subnets in a single zone, and subnets of several VPCs.
    @wrap_method(RDSBackend, "create_subnet_group")
    def create(
        original: Method,
        backend: Any,
        subnet_name: str,
        description: str,
        subnets: list[Any],
        tags: Any,
    ) -> Any:
        if subnet_name in backend.subnet_groups:
            raise RDSClientError(
                "DBSubnetGroupAlreadyExists",
                f"The DB subnet group '{subnet_name}' already exists.",
            )
        _check_subnets(subnets)
        return original(backend, subnet_name, description, subnets, tags)

    # moto deletes the group that it modifies.
    @wrap_method(RDSBackend, "modify_db_subnet_group")
    def modify(
        _original: Method, backend: Any, subnet_name: str, description: str, subnets: list[Any]
    ) -> Any:
        group = backend.subnet_groups.get(subnet_name)
        if group is None:
            raise DBSubnetGroupNotFoundError(subnet_name)
        _check_subnets(subnets)
        if subnets[0].vpc_id != group.vpc_id:
            raise RDSClientError(
                "InvalidSubnet", f"The new subnets are not in the group's VPC {group.vpc_id}."
            )
        group.subnets = subnets
        if description is not None:
            group.description = description
        return group

    # moto deletes groups in use.
    @wrap_method(RDSBackend, "delete_subnet_group")
    def delete(original: Method, backend: Any, subnet_name: str) -> Any:
        for database in backend.databases.values():
            used = getattr(database, "db_subnet_group", None)
            if used is not None and used.name == subnet_name.lower():
                raise RDSClientError(
                    "InvalidDBSubnetGroupStateFault",
                    f"Cannot delete the subnet group '{subnet_name}' because at least one "
                    f"database instance: {database.db_instance_identifier} is still using it.",
                )
        return original(backend, subnet_name)


def _members(backend: Any, group: str) -> list[Any]:
    return [
        database
        for database in backend.databases.values()
        if (database.db_parameter_group_name or "").lower() == group.lower()
    ]


def _changeable(backend: Any, name: str) -> Any:
    if name.startswith("default."):
        raise RDSClientError(
            "InvalidDBParameterGroupState",
            f"The default parameter group {name} can't be modified or deleted.",
        )
    if name not in backend.db_parameter_groups:
        raise DBParameterGroupNotFoundError(name)
    return backend.db_parameter_groups[name]


def _change(row: dict[str, Any]) -> Change:
    """One row of a request. Refuses what AWS refuses regardless of the group's other values."""
    name, method = row.get("ParameterName"), row.get("ApplyMethod")
    if not name or row.get("ParameterValue") is None or not method:
        raise InvalidCombinationError(
            "ParameterName, ParameterValue, and ApplyMethod are required for each parameter."
        )
    if method not in ("immediate", "pending-reboot"):
        raise InvalidValueError(f"Invalid apply method: {method}")
    try:
        parameter = parameters.find(name)
    except parameters.InvalidParameterError as error:
        raise InvalidValueError(str(error)) from None
    if parameter.static and method == "immediate":
        raise InvalidCombinationError(
            f"cannot use immediate apply method for static parameter: {name}"
        )
    return Change(name, row["ParameterValue"], immediate=method == "immediate")


def _check(values: dict[str, str]) -> None:
    try:
        parameters.check(values)
    except parameters.InvalidParameterError as error:
        raise InvalidValueError(str(error)) from None


def _check_subnets(subnets: list[Any]) -> None:
    if len({subnet.vpc_id for subnet in subnets}) > 1:
        raise RDSClientError("InvalidSubnet", "The subnets are not all in the same VPC.")
    if len({subnet.availability_zone for subnet in subnets}) < 2:
        raise RDSClientError(
            "DBSubnetGroupDoesNotCoverEnoughAZs",
            "The DB subnet group doesn't meet Availability Zone (AZ) coverage requirement. "
            "Add subnets to cover at least 2 AZs.",
        )
