"""Corrects moto's load balancers, and gives each listener a port of this machine.

moto 5.2.5, checked 2026-11-24.
"""

from __future__ import annotations

import sys
from typing import Any

from moto.elbv2.exceptions import (
    DuplicateListenerError,
    DuplicateLoadBalancerName,
    ELBClientError,
)
from moto.elbv2.models import ELBv2Backend

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane
from sandbox.ports import SANDBOX_PORT, reserve_port

LOOPBACK = "127.0.0.1"
_LONGEST_NAME = 32


def patch(_plane: DataPlane) -> None:
    # moto accepts existing names and missing security groups, and invents a DNS name.
    @wrap_method(ELBv2Backend, "create_load_balancer")
    def create(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        name = named["name"]
        if len(name) > _LONGEST_NAME:
            raise ELBClientError(
                "ValidationError",
                f"The load balancer name '{name}' cannot be longer than '{_LONGEST_NAME}' "
                "characters",
            )
        if any(balancer.name == name for balancer in backend.load_balancers.values()):
            raise DuplicateLoadBalancerName
        _require_groups(backend, named.get("security_groups") or [])
        zones = [backend.ec2_backend.get_subnet(id_) for id_ in named.get("subnet_ids") or []]
        if len({subnet.availability_zone for subnet in zones if subnet}) < len(zones):
            raise ELBClientError(
                "InvalidConfigurationRequest",
                "A load balancer cannot be attached to multiple subnets in the same Availability "
                "Zone",
            )
        balancer = original(backend, *given, **named)
        balancer.dns_name = LOOPBACK
        if balancer.type == "network":
            _set_network_arn(backend, balancer, named.get("tags"))
        return balancer

    # moto adds security groups to a network load balancer that was created without any.
    @wrap_method(ELBv2Backend, "set_security_groups")
    def set_groups(original: Method, backend: Any, arn: str, sec_groups: list[str]) -> Any:
        balancer = backend.load_balancers.get(arn)
        if balancer is not None and balancer.type == "network" and not balancer.security_groups:
            raise ELBClientError(
                "InvalidConfigurationRequest",
                "The load balancer was created without security groups, so none can be set",
            )
        _require_groups(backend, sec_groups)
        return original(backend, arn, sec_groups)

    # moto deletes load balancers with deletion protection.
    @wrap_method(ELBv2Backend, "delete_load_balancer")
    def delete(original: Method, backend: Any, arn: str) -> Any:
        balancer = backend.load_balancers.get(arn)
        if balancer is not None and balancer.attrs.get("deletion_protection.enabled") == "true":
            raise ELBClientError(
                "OperationNotPermitted",
                f"Load balancer '{arn}' cannot be deleted because deletion protection is enabled",
            )
        return original(backend, arn)

    # moto accepts two listeners on one port.
    @wrap_method(ELBv2Backend, "create_listener")
    def create_listener(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        balancer = backend.load_balancers.get(named["load_balancer_arn"])
        listeners = balancer.listeners.values() if balancer is not None else ()
        if any(str(listener.port) == str(named["port"]) for listener in listeners):
            raise DuplicateListenerError
        listener = original(backend, *given, **named)
        listener.attributes[SANDBOX_PORT] = str(_port_for(backend, listener))
        return listener


def _set_network_arn(backend: Any, balancer: Any, tags: Any) -> None:
    """Corrects the ARN: moto's says `app` for every type, and metric dimensions are part of it."""
    del backend.load_balancers[balancer.arn]
    balancer.arn = balancer.arn.replace(":loadbalancer/app/", ":loadbalancer/net/")
    backend.load_balancers[balancer.arn] = balancer
    backend.tagging_service.tag_resource(balancer.arn, tags)


def _port_for(backend: Any, listener: Any) -> int:
    """The port for a listener; listeners of one target group share the port of its server."""
    groups = [
        backend.target_groups[action.data["TargetGroupArn"]]
        for action in listener.default_actions
        if action.data.get("TargetGroupArn") in backend.target_groups
    ]
    for group in groups:
        group.sandbox_port = getattr(group, "sandbox_port", None) or reserve_port()
        return int(group.sandbox_port)
    return reserve_port()


def _require_groups(backend: Any, ids: list[str]) -> None:
    for group in ids:
        if backend.ec2_backend.get_security_group_from_id(group) is None:
            raise ELBClientError("InvalidSecurityGroup", f"Security group {group} does not exist")


def balancers(backend: Any) -> list[Any]:
    """The load balancers in another backend's account and region; none until moto loads them."""
    models = sys.modules.get("moto.elbv2.models")
    if models is None:
        return []
    elb = models.elbv2_backends[backend.account_id][backend.region_name]
    return list(elb.load_balancers.values())


def listener_of(backend: Any, target_group_arn: str) -> Any | None:
    """The listener that forwards to a target group."""
    for balancer in balancers(backend):
        for listener in balancer.listeners.values():
            for action in listener.default_actions:
                if action.data.get("TargetGroupArn") == target_group_arn:
                    return listener
    return None


def port_of(listener: Any) -> int:
    """The port of this machine on which the listener is reached."""
    return int(listener.attributes[SANDBOX_PORT])
