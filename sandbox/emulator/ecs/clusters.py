"""Corrects moto's ECS clusters and task definitions (moto 5.2.5, checked 2026-11-24)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from moto.ecs.exceptions import EcsClientException, ECSException
from moto.ecs.models import EC2ContainerServiceBackend

from sandbox.emulator.patches import Method, wrap_method
from sandbox.emulator.rds.servers import DataPlane

_FILLED_IN: Mapping[str, Any] = {
    "cpu": 0,
    "essential": True,
    **dict.fromkeys(
        ("environment", "mountPoints", "portMappings", "systemControls", "volumesFrom"), ()
    ),
}
"""Source: answers of DescribeTaskDefinition in issues of terraform-provider-aws (36029) and of
terraform-aws-braintrust-data-plane (335)."""


class ClusterContainsServicesError(ECSException):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(
            "ClusterContainsServicesException",
            "The Cluster cannot be deleted while Services are active.",
        )


def patch(_plane: DataPlane) -> None:
    # moto deletes a cluster that still has services.
    @wrap_method(EC2ContainerServiceBackend, "delete_cluster")
    def delete(original: Method, backend: Any, cluster_str: str) -> Any:
        cluster = backend._get_cluster(cluster_str)
        for service in backend.services.values():
            if service.cluster_name == cluster.name and service.status != "INACTIVE":
                raise ClusterContainsServicesError
        return original(backend, cluster_str)

    # moto fails on Fargate tasks, whose memory is a string on the task instead of a number on each
    # container. Fargate takes no capacity from the cluster's instances, so none is computed.
    @wrap_method(EC2ContainerServiceBackend, "_calculate_task_resource_requirements")
    def requirements(original: Method, backend: Any, task_definition: Any) -> Any:
        if "FARGATE" in (task_definition.requires_compatibilities or []):
            return {"CPU": 0, "MEMORY": 0, "PORTS": [], "PORTS_UDP": []}
        return original(task_definition)  # a static method of moto

    # moto registers task definitions that ECS refuses.
    @wrap_method(EC2ContainerServiceBackend, "register_task_definition")
    def register(
        original: Method, backend: Any, family: str, definitions: Any, **named: Any
    ) -> Any:
        fargate = "FARGATE" in (named.get("requires_compatibilities") or [])
        for container in definitions or []:
            if container.get("secrets") and not named.get("execution_role_arn"):
                raise EcsClientException(
                    "When you are specifying container secrets, you must also specify a value "
                    "for 'executionRoleArn'."
                )
            if fargate and container.get("privileged"):
                raise EcsClientException(
                    "Tasks using the Fargate launch type do not support 'privileged' setting "
                    f"for container '{container['name']}'."
                )
            if (container.get("stopTimeout") or 0) > 120 and fargate:
                raise EcsClientException("The 'stopTimeout' must be at most 120 seconds.")
            volumes = {volume["name"] for volume in named.get("volumes") or []}
            for mount in container.get("mountPoints") or []:
                if mount["sourceVolume"] not in volumes:
                    raise EcsClientException(
                        f"Unknown volume '{mount['sourceVolume']}' for container "
                        f"'{container['name']}'."
                    )
        if fargate and not (named.get("cpu") and named.get("memory")):
            raise EcsClientException(
                "Fargate requires that 'cpu' and 'memory' be defined at the task level."
            )
        filled = [_filled(container) for container in definitions or []]
        return original(backend, family, filled, **named)


def _filled(container: Mapping[str, Any]) -> dict[str, Any]:
    """A container definition as ECS answers it, with the values that it adds. A program that omits
    those within linuxParameters meets a difference in every preview."""
    filled = {**_FILLED_IN, **container}
    filled["portMappings"] = [
        # awsvpc gives a container its own address: both ports are one
        {"protocol": "tcp", "hostPort": port["containerPort"], **port}
        for port in filled["portMappings"]
    ]
    linux = filled.get("linuxParameters") or {}
    if "capabilities" in linux:
        capabilities = {"add": [], "drop": [], **linux["capabilities"]}
        filled["linuxParameters"] = {**linux, "capabilities": capabilities}
    return filled
