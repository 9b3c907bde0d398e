"""The stack outputs of both projects, typed: what operations and other stacks may rely on.

Main (`StackOutputs`):
    postgres         {identifier, address, port, database, master_secret_arn}
    roles            {<role>: {secret_arn}}
    parameter_group  its name
    vpc_id
Foundation (`FoundationOutputs`):
    vpc_id, vpc_cidr, availability_zones
    subnet_ids       {public: […], private: […], data: […]} in the order of the zones

No password is an output: a secret's ARN is, and the secret is a JSON document with the keys
username, password, engine, host, port and dbname.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import pulumi

from config.addresses import Tier


@dataclass(frozen=True)
class PostgresOutputs:
    identifier: pulumi.Input[str]
    address: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str]
    master_secret_arn: pulumi.Input[str]


@dataclass(frozen=True)
class RoleOutputs:
    secret_arn: pulumi.Input[str]


@dataclass(frozen=True)
class StackOutputs:
    postgres: PostgresOutputs
    roles: Mapping[str, RoleOutputs]
    parameter_group: pulumi.Input[str]
    vpc_id: pulumi.Input[str]


@dataclass(frozen=True)
class FoundationOutputs:
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    availability_zones: Sequence[str]
    subnet_ids: Mapping[Tier, Sequence[pulumi.Input[str]]]


def export(outputs: StackOutputs | FoundationOutputs) -> None:
    for field in fields(outputs):
        pulumi.export(field.name, _plain(getattr(outputs, field.name)))


def _plain(value: Any) -> Any:
    """Dataclasses as mappings; `dataclasses.asdict` would copy the Outputs."""
    if isinstance(value, (PostgresOutputs, RoleOutputs)):
        return {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    return value
