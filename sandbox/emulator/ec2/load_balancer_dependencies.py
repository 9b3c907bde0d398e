"""The load balancers and running tasks that use a subnet or a security group."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any


def users_of_subnet(backend: Any, subnet_id: str) -> Iterator[str]:
    for balancer in _balancers(backend):
        if any(subnet.id == subnet_id for subnet in balancer.subnets):
            yield str(balancer.arn)
    for service in _services(backend):
        if subnet_id in _network(service).get("subnets", []):
            yield str(service.arn)


def users_of_group(backend: Any, group_id: str) -> Iterator[str]:
    for balancer in _balancers(backend):
        if group_id in (balancer.security_groups or []):
            yield str(balancer.arn)
    for service in _services(backend):
        if group_id in _network(service).get("securityGroups", []):
            yield str(service.arn)


def _network(service: Any) -> Any:
    return (service.network_configuration or {}).get("awsvpcConfiguration", {})


def _balancers(backend: Any) -> list[Any]:
    """The load balancers; none before the service's first request, at which moto loads it."""
    models = sys.modules.get("moto.elbv2.models")
    if models is None:
        return []
    return list(
        models.elbv2_backends[backend.account_id][backend.region_name].load_balancers.values()
    )


def _services(backend: Any) -> list[Any]:
    models = sys.modules.get("moto.ecs.models")
    if models is None:
        return []
    services = models.ecs_backends[backend.account_id][backend.region_name].services.values()
    return [each for each in services if each.status != "INACTIVE" and each.desired_count]
