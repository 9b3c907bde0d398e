"""Corrects moto's ECS services and runs a real PgBouncer behind one (moto 5.2.5, 2026-11-24)."""

from __future__ import annotations

import logging
import secrets
from typing import Any

from moto.core.utils import utcnow
from moto.ecs.exceptions import EcsClientException, InvalidParameterException
from moto.ecs.models import EC2ContainerServiceBackend
from moto.ecs.responses import EC2ContainerServiceResponse

from sandbox.emulator import elbv2
from sandbox.emulator.ecs import tasks
from sandbox.emulator.ecs.pgbouncer_servers import ServiceKey
from sandbox.emulator.ecs.tasks import CantStartError
from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane
from sandbox.servers.pgbouncer.server import PgBouncerError

log = logging.getLogger("sandbox.emulator.ecs.clusters")

_DROPPED = {
    "deploymentConfiguration": "deployment_configuration",
    "enableExecuteCommand": "enable_execute_command",
    "enableECSManagedTags": "enable_ecs_managed_tags",
    "healthCheckGracePeriodSeconds": "health_check_grace_period_seconds",
}
"""Parameters of CreateService that moto drops -> the attributes that descriptions are made from."""


def patch(plane: DataPlane) -> None:
    # moto creates existing services again, accepts inactive task definitions and load balancers
    # that don't exist, and starts nothing.
    @wrap_method(EC2ContainerServiceResponse, "create_service")
    def create(original: Method, response: Any) -> Any:
        backend = response.ecs_backend
        cluster = response._get_param("cluster", "default").rpartition("/")[2]
        name = response._get_param("serviceName")
        present = backend.services.get(f"{cluster}:{name}")
        if present is not None and present.status != "INACTIVE":
            raise InvalidParameterException("Creation of service was not idempotent.")
        _check(backend, response._get_param("taskDefinition"), _balancers(response))
        answer = original(response)
        service = backend.services[f"{cluster}:{name}"]
        for requested, attribute in _DROPPED.items():
            if response._get_param(requested) is not None:
                setattr(service, attribute, response._get_param(requested))
        network = response._get_param("networkConfiguration")
        service.platform_version = service.platform_version or "LATEST"
        service.network_configuration = network or {}
        _deploy(plane, backend, service, None)
        return answer

    # moto describes the previous deployment, and starts nothing.
    @wrap_method(EC2ContainerServiceBackend, "update_service")
    def update(original: Method, backend: Any, properties: dict[str, Any]) -> Any:
        requested = dict(properties)
        if requested.get("task_definition"):
            _check(backend, requested["task_definition"], requested.get("load_balancers") or [])
        cluster, name = requested.get("cluster", "default"), requested["service"].rpartition("/")[2]
        present = backend._get_service(cluster, name)
        before, stopped = present.task_definition, not present.desired_count
        balanced = list(present.load_balancers)
        if "enable_e_c_s_managed_tags" in properties:  # moto's snake case of enableECSManagedTags
            properties["enable_ecs_managed_tags"] = properties.pop("enable_e_c_s_managed_tags")
        service = original(backend, properties)
        changed = service.task_definition != before or service.load_balancers != balanced
        if not service.desired_count:
            plane.pgbouncer.stop(service_key(service))
        elif changed or stopped or requested.get("force_new_deployment"):
            _deploy(plane, backend, service, before)
        return service

    @wrap_method(EC2ContainerServiceBackend, "delete_service")
    def delete(original: Method, backend: Any, *given: Any, **named: Any) -> Any:
        service = original(backend, *given, **named)
        plane.pgbouncer.stop(service_key(service))
        return service


def service_key(service: Any) -> ServiceKey:
    return ServiceKey(service.region_name, service.cluster_name, service.name)


def _balancers(response: Any) -> list[dict[str, Any]]:
    return response._get_param("loadBalancers") or []


def _check(backend: Any, definition: str, balancers: list[dict[str, Any]]) -> None:
    if backend.describe_task_definition(definition).status != "ACTIVE":
        raise EcsClientException("TaskDefinition is inactive")
    for balancer in balancers:
        group = balancer["targetGroupArn"]
        if elbv2.listener_of(backend, group) is None:
            raise InvalidParameterException(
                f"The target group with targetGroupArn {group} does not have an associated load "
                "balancer."
            )


def _deploy(plane: DataPlane, backend: Any, service: Any, before: str | None) -> None:
    """Runs the service's task definition. If it doesn't start and the service has a deployment
    circuit breaker with rollback, the previous definition stays."""
    try:
        _start(plane, backend, service)
    except (CantStartError, PgBouncerError) as error:
        log.error("%s: %s", service.name, error)  # noqa: TRY400 - the message is the server's log
        breaker = (getattr(service, "deployment_configuration", None) or {}).get(
            "deploymentCircuitBreaker", {}
        )
        if before is not None and breaker.get("rollback"):
            service.task_definition = before
        _rolled_out(service, "FAILED", f"ECS deployment circuit breaker: {error}")
    else:
        _rolled_out(service, "COMPLETED", "ECS deployment completed.")


def _start(plane: DataPlane, backend: Any, service: Any) -> None:
    definition = backend.describe_task_definition(service.task_definition)
    for container in definition.container_definitions:
        tasks.require_image(backend, container["image"])
        values = tasks.environment(backend, container)
        task = tasks.pooler(values)
        if task is None or not service.desired_count:
            continue
        listeners = [
            elbv2.listener_of(backend, balancer["targetGroupArn"])
            for balancer in service.load_balancers
        ]
        if not listeners or listeners[0] is None:
            raise CantStartError("PgBouncer without a load balancer can't be reached")
        plane.pgbouncer.deploy(
            service_key(service),
            task,
            elbv2.port_of(listeners[0]),
            lambda host: tasks.address(backend, host),
        )


def _rolled_out(service: Any, state: str, reason: str) -> None:
    count = service.desired_count if state == "COMPLETED" else 0
    now = utcnow()
    service.running_count, service.pending_count = count, 0
    deployment = {
        "createdAt": now,
        "updatedAt": now,
        "id": f"ecs-svc/{secrets.randbelow(10**19):019}",
        "status": "PRIMARY",
        "taskDefinition": service.task_definition,
        "launchType": service.launch_type,
        "platformVersion": service.platform_version,
        "desiredCount": service.desired_count,
        "runningCount": count,
        "pendingCount": 0,
        "failedTasks": 0 if state == "COMPLETED" else 1,
        "rolloutState": state,
        "rolloutStateReason": reason,
    }
    service.deployments = [deployment]
