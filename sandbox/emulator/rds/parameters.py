"""Parameters of DB instances: the values in their group and those that the server runs with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from sandbox.emulator.rds.servers import DataPlane, InstanceKey
from sandbox.servers.postgres import parameters


@dataclass(frozen=True)
class Change:
    """A parameter's new value; None resets it to the engine's default."""

    name: str
    value: str | None
    immediate: bool


@dataclass
class AppliedParameters:
    """The parameters that a server runs with: the group at its last start, and the values."""

    group: str
    values: dict[str, str] = field(default_factory=dict)


def instance_key(database: Any) -> InstanceKey:
    return InstanceKey(database.region, database.db_instance_identifier)


def values(group: Any) -> dict[str, str]:
    """The values that a parameter group sets, by name."""
    return {
        name: row["ParameterValue"]
        for name, row in group.parameters.items()
        if row.get("ParameterValue") is not None
    }


def at_start(database: Any) -> AppliedParameters:
    """The parameters that a start or reboot applies."""
    group = database.db_parameter_groups()[0]
    return AppliedParameters(group.name, values(group))


def apply_changes(plane: DataPlane, databases: Iterable[Any], changes: list[Change]) -> None:
    """Applies dynamic changes at once; those that need a reboot stay pending."""
    immediate = [change for change in changes if change.immediate]
    if not immediate:
        return
    for database in databases:
        in_force: AppliedParameters | None = getattr(database, "in_force", None)
        server = plane.find(instance_key(database))
        if in_force is None or server is None:
            continue
        for change in immediate:
            if change.value is None:
                in_force.values.pop(change.name, None)
            else:
                in_force.values[change.name] = change.value
        if server.running:
            server.reload(in_force.values)


def statuses(database: Any) -> list[dict[str, str]]:
    """DBParameterGroups of a description; pending-reboot while changes wait for a reboot."""
    group = database.db_parameter_groups()[0]
    in_force: AppliedParameters | None = getattr(database, "in_force", None)
    lags = in_force is not None and in_force != AppliedParameters(group.name, values(group))
    status = "pending-reboot" if lags else "in-sync"
    return [{"DBParameterGroupName": group.name, "ParameterApplyStatus": status}]


def rows(group: Any) -> list[dict[str, Any]]:
    """DescribeDBParameters: the parameters set (user) and all others (engine-default)."""
    listed = []
    for name, parameter in sorted(parameters.catalog().items()):
        row = {
            "ParameterName": name,
            "Source": "engine-default",
            "ApplyType": parameter.apply_type,
            "ApplyMethod": "pending-reboot",
            "DataType": parameter.data_type,
            "IsModifiable": parameter.modifiable,
        }
        if parameter.allowed is not None:
            row["AllowedValues"] = parameter.allowed
        if name in parameters.DEFAULTS:
            row |= {"ParameterValue": parameters.DEFAULTS[name], "Source": "system"}
        listed.append({**row, **_set(group, name)})
    return listed


def _set(group: Any, name: str) -> dict[str, str]:
    row = group.parameters.get(name)
    if not row or row.get("ParameterValue") is None:
        return {}
    return {
        "ParameterValue": row["ParameterValue"],
        "ApplyMethod": row["ApplyMethod"],
        "Source": "user",
    }
