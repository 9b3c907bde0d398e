"""The stack outputs of both projects, typed: the interface to operations and other stacks.

Main (`StackOutputs`):
    postgres         {identifier, address, port, database, master_secret_arn,
                      readers: [{identifier, address, port}] in the order of the replicas' numbers}
    roles            {<role>: {secret_arn}}
    parameter_group  the name of the primary's parameter group
    redis            {groups: {cache|state: {identifier, address, reader_address, port}},
                      users: {<user>: {group, secret_arn}}}
    vpc_id
    zone_id          the private DNS zone
    alarm_topic_arns {warning, critical}
    backups          {role_arn, vaults: {primary, recovery: {name, arn, region}}, plan_ids: {weekly,
                      daily}, replication_arn}
    certificates     {authority: {certificate_pem, not_after}, issued: {<name>: {secret_arn,
                      not_after}}}; clients trust authority.certificate_pem
    clients_security_group_id   the group that application tasks attach, besides their own, to
                      connect to the data stores
    bastion          {cluster, task_definition, subnet_ids, security_group_id, log_group}:
                      components/bastion/bastion.py shows how to use them
    pgbouncer        {host: the name that clients connect to, address: the load balancer's DNS name,
                      port, databases: […], admin_secret_arn, stats_secret_arn, cluster, service}
    clickhouse       {address, native_port, https_port, hosts: {<node>: {instance_id, volume_id}},
                      secret_arns: {<login>: …}, backups_bucket}
Foundation (`FoundationOutputs`):
    vpc_id, vpc_cidr, availability_zones
    subnet_ids       {public: […], private: […], data: […]} in the order of the availability zones
    peering_ids      {<peer>: pcx-…}, for the owner of the other VPC to accept
    repositories     {<image>: the URL that the image is pushed to}
    packages_bucket  the name of the bucket that mirrors the packages which hosts install

Passwords are never outputs, only the ARNs of their secrets. The secret of a login is a JSON
document with the keys username, password, engine, host, port and, if the store has databases,
dbname; that of a certificate has certificate, private_key and ca.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import pulumi

from config.settings.alarms import Severity
from config.sizing.subnets import Tier


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
class RedisGroupOutputs:
    identifier: pulumi.Input[str]
    address: pulumi.Input[str]
    reader_address: pulumi.Input[str]
    port: pulumi.Input[int]


@dataclass(frozen=True)
class RedisUserOutputs:
    group: str
    secret_arn: pulumi.Input[str]


@dataclass(frozen=True)
class RedisOutputs:
    groups: Mapping[str, RedisGroupOutputs]
    users: Mapping[str, RedisUserOutputs]


@dataclass(frozen=True)
class VaultOutputs:
    name: pulumi.Input[str]
    arn: pulumi.Input[str]
    region: str


@dataclass(frozen=True)
class BackupsOutputs:
    role_arn: pulumi.Input[str]
    vaults: Mapping[str, VaultOutputs]
    plan_ids: Mapping[str, pulumi.Input[str]]
    replication_arn: pulumi.Input[str]


@dataclass(frozen=True)
class AuthorityOutputs:
    certificate_pem: pulumi.Input[str]
    not_after: pulumi.Input[str]


@dataclass(frozen=True)
class IssuedCertificateOutputs:
    secret_arn: pulumi.Input[str]
    not_after: pulumi.Input[str]


@dataclass(frozen=True)
class CertificateOutputs:
    authority: AuthorityOutputs
    issued: Mapping[str, IssuedCertificateOutputs]


@dataclass(frozen=True)
class BastionOutputs:
    cluster: pulumi.Input[str]
    task_definition: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]
    log_group: pulumi.Input[str]


@dataclass(frozen=True)
class PgbouncerOutputs:
    host: str
    address: pulumi.Input[str]
    port: pulumi.Input[int]
    databases: Sequence[str]
    admin_secret_arn: pulumi.Input[str]
    stats_secret_arn: pulumi.Input[str]
    cluster: pulumi.Input[str]
    service: pulumi.Input[str]


@dataclass(frozen=True)
class HostOutputs:
    instance_id: pulumi.Input[str]
    volume_id: pulumi.Input[str] | None
    """None for a host that holds no data."""


@dataclass(frozen=True)
class ClickhouseOutputs:
    address: str
    native_port: int
    https_port: int
    hosts: Mapping[str, HostOutputs]
    secret_arns: Mapping[str, pulumi.Input[str]]
    backups_bucket: pulumi.Input[str]


@dataclass(frozen=True)
class StackOutputs:
    postgres: PostgresOutputs
    roles: Mapping[str, RoleOutputs]
    parameter_group: pulumi.Input[str]
    vpc_id: pulumi.Input[str]
    zone_id: pulumi.Input[str]
    redis: RedisOutputs
    alarm_topic_arns: Mapping[Severity, pulumi.Input[str]]
    backups: BackupsOutputs
    certificates: CertificateOutputs
    pgbouncer: PgbouncerOutputs
    bastion: BastionOutputs
    clients_security_group_id: pulumi.Input[str]
    clickhouse: ClickhouseOutputs


@dataclass(frozen=True)
class FoundationOutputs:
    vpc_id: pulumi.Input[str]
    vpc_cidr: pulumi.Input[str]
    availability_zones: Sequence[str]
    subnet_ids: Mapping[Tier, Sequence[pulumi.Input[str]]]
    peering_ids: Mapping[str, pulumi.Input[str]]
    repositories: Mapping[str, pulumi.Input[str]]
    packages_bucket: pulumi.Input[str]


def export(outputs: StackOutputs | FoundationOutputs) -> None:
    """Exports every field as a stack output."""
    for field in fields(outputs):
        pulumi.export(field.name, _plain(getattr(outputs, field.name)))


def _plain(value: Any) -> Any:
    """Dataclasses as mappings, at every depth. Not `dataclasses.asdict`, which copies Outputs."""
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value
