"""Users of a subnet, a security group or a VPC, which AWS refuses to delete while it is in use."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any

from moto.ec2.exceptions import DependencyViolationError, EC2ClientError

from sandbox.emulator.ec2.load_balancer_dependencies import users_of_group as balanced_group
from sandbox.emulator.ec2.load_balancer_dependencies import users_of_subnet as balanced_subnet
from sandbox.emulator.elasticache import dependencies
from sandbox.emulator.rds.databases import databases


def route_tables_of(backend: Any, subnet_id: str) -> list[Any]:
    """The route tables that a subnet is explicitly associated with."""
    return [
        table
        for table in backend.route_tables.values()
        if subnet_id in table._associations.values()
    ]


def refuse_used_subnet(backend: Any, subnet_id: str) -> None:
    if user := next(_users_of_subnet(backend, subnet_id), None):
        raise DependencyViolationError(
            f"The subnet '{subnet_id}' has dependencies and cannot be deleted. ({user})"
        )


def refuse_used_group(backend: Any, group: Any) -> None:
    if group.name == "default":
        raise EC2ClientError(
            "CannotDelete",
            f'the specified group: "{group.id}" name: "default" cannot be deleted by a user',
        )
    if user := next(_users_of_group(backend, group), None):
        raise DependencyViolationError(f"resource {group.id} has a dependent object ({user})")


def refuse_used_vpc(backend: Any, vpc_id: str) -> None:
    if user := next(_users_of_vpc(backend, vpc_id), None):
        raise DependencyViolationError(
            f"The vpc '{vpc_id}' has dependencies and cannot be deleted. ({user})"
        )


def _users_of_subnet(backend: Any, subnet_id: str) -> Iterator[str]:
    for interface in backend.enis.values():
        if interface.subnet.id == subnet_id:
            yield interface.id
    for endpoint in _endpoints(backend):
        if subnet_id in (endpoint.subnet_ids or []):
            yield endpoint.id
    # AWS doesn't say in which subnet of its group an instance is, so every one counts as used
    for database in databases(backend):
        group = getattr(database, "db_subnet_group", None)
        if group and any(subnet_id == s["SubnetIdentifier"] for s in group.subnets):
            yield str(database.db_instance_arn)
    yield from balanced_subnet(backend, subnet_id)
    yield from dependencies.users_of_subnet(backend, subnet_id)


def _users_of_group(backend: Any, group: Any) -> Iterator[str]:
    for other in chain.from_iterable(groups.values() for groups in backend.groups.values()):
        rules = chain(other.ingress_rules, other.egress_rules)
        if other.id != group.id and any(
            rule.source_group.get("GroupId") == group.id for rule in rules
        ):
            yield other.id
    for interface in backend.enis.values():
        if any(used.id == group.id for used in interface._group_set):
            yield interface.id
    for endpoint in _endpoints(backend):
        if group.id in (endpoint.security_group_ids or []):
            yield endpoint.id
    for database in databases(backend):
        if group.id in (database.vpc_security_group_ids or []):
            yield str(database.db_instance_arn)
    yield from balanced_group(backend, group.id)
    yield from dependencies.users_of_security_group(backend, group.id)


def _endpoints(backend: Any) -> Iterator[Any]:
    """The VPC endpoints that are not deleted; moto keeps describing deleted ones, as AWS does for
    a while."""
    return (each for each in backend.vpc_end_points.values() if each.state != "deleted")


def _users_of_vpc(backend: Any, vpc_id: str) -> Iterator[str]:
    for gateway in backend.internet_gateways.values():
        if gateway.vpc and gateway.vpc.id == vpc_id:
            yield gateway.id
    for nat in backend.nat_gateways.values():
        if nat.vpc_id == vpc_id and nat.state != "deleted":
            yield nat.id
    for endpoint in _endpoints(backend):
        if endpoint.vpc_id == vpc_id:
            yield endpoint.id
    for group in backend.groups.get(vpc_id, {}).values():
        if group.name != "default":
            yield group.id
