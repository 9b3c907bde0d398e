"""The stack outputs of both projects, typed: what operations and other stacks may rely on.

Main (`StackOutputs`):
    postgres         {identifier, address, port, database, master_secret_arn,
                      readers: [{identifier, address, port}] in the order of their numbers}
    roles            {<role>: {secret_arn}}
    parameter_group  its name
    vpc_id, zone_id (of the private names), events_topic_arn
    certificates     {authority: {certificate_pem, not_after}: what clients trust,
                      issued: {<name>: {secret_arn, not_after}}}
Foundation (`FoundationOutputs`):
    vpc_id, vpc_cidr, availability_zones
    subnet_ids       {public: […], private: […], data: […]} in the order of the zones
    peering_ids      {<peer>: pcx-…} for the other side to accept

No password is an output: a secret's ARN is, and the secret is a JSON document with the keys
username, password, engine, host, port and dbname; a certificate's has certificate, private_key
and ca.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pulumi

from config.addresses import Tier


@dataclass(frozen=True)
class ServerOutputs:
    identifier: pulumi.Input[str]
    address: pulumi.Input[str]
    port: pulumi.Input[int]


@dataclass(frozen=True)
class PostgresOutputs:
    identifier: pulumi.Input[str]
    address: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str]
    master_secret_arn: pulumi.Input[str]
    readers: Sequence[ServerOutputs]


@dataclass(frozen=True)
class RoleOutputs:
    secret_arn: pulumi.Input[str]


@dataclass(frozen=True)
class AuthorityOutputs:
    certificate_pem: pulumi.Input[str]
    not_after: pulumi.Input[str]


@dataclass(frozen=True)
class IssuedOutputs:
    secret_arn: pulumi.Input[str]
    not_after: pulumi.Input[str]


@dataclass(frozen=True)
class CertificateOutputs:
    authority: AuthorityOutputs
    issued: Mapping[str, IssuedOutputs]


@dataclass(frozen=True)
class StackOutputs:
    postgres: PostgresOutputs
    roles: Mapping[str, RoleOutputs]
    parameter_group: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    zone_id: pulumi.Input[str]
    events_topic_arn: pulumi.Input[str]
    certificates: CertificateOutputs


@dataclass(frozen=True)
class FoundationOutputs:
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    availability_zones: Sequence[str]
    subnet_ids: Mapping[Tier, Sequence[pulumi.Input[str]]]
    peering_ids: Mapping[str, pulumi.Input[str]]


def export(outputs: StackOutputs | FoundationOutputs) -> None:
    for field in fields(outputs):
        pulumi.export(field.name, _plain(getattr(outputs, field.name)))


def _plain(value: Any) -> Any:
    """Dataclasses as mappings; `dataclasses.asdict` would copy the Outputs."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
