"""The ECS task definition of PgBouncer."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import ecs

from components.pgbouncer.config import DIRECTORY, PORT
from config.settings.pgbouncer import PgbouncerSettings

CONTAINER = "pgbouncer"
VOLUME = "run"
USER = "10001:10001"
"""The image's user, which owns the volume's directory."""
STOP_TIMEOUT_S = 120
"""Fargate's maximum: the entrypoint drains for 90 s, then closes idle connections."""
OPEN_FILES = 8192
"""More than all client and server connections of one process."""


@dataclass(frozen=True, kw_only=True)
class TaskSecrets:
    """Secrets that ECS reads when it starts a task."""

    userlist_arn: pulumi.Input[str]
    userlist_version: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    certificate_version: pulumi.Input[str]
    health_login_arn: pulumi.Input[str]

    def by_variable(self) -> pulumi.Output[dict[str, str]]:
        """ECS references by environment variable. A pinned version makes a new version a new task
        definition, which rolls the service."""
        return pulumi.Output.all(
            self.userlist_arn,
            self.userlist_version,
            self.certificate_arn,
            self.certificate_version,
            self.health_login_arn,
        ).apply(
            lambda known: {
                "PGBOUNCER_USERLIST": secret_at(known[0], "userlist", known[1]),
                "TLS_CERTIFICATE": secret_at(known[2], "certificate", known[3]),
                "TLS_PRIVATE_KEY": secret_at(known[2], "private_key", known[3]),
                # not pinned: its verifier is in the user list, so a new password rolls the service
                "PGPASSWORD": secret_at(known[4], "password"),
            }
        )


def task_definition(
    name: str,
    *,
    family: str,
    settings: PgbouncerSettings,
    image: pulumi.Input[str],
    ini: pulumi.Input[str],
    health_user: str,
    health_database: str,
    secrets: TaskSecrets,
    execution_role_arn: pulumi.Input[str],
    task_role_arn: pulumi.Input[str],
    log_group: pulumi.Input[str],
    region: str,
    opts: pulumi.ResourceOptions,
) -> ecs.TaskDefinition:
    return ecs.TaskDefinition(
        name,
        family=family,
        requires_compatibilities=["FARGATE"],
        network_mode="awsvpc",
        cpu=str(settings.cpu),
        memory=str(settings.memory_mib),
        runtime_platform=ecs.TaskDefinitionRuntimePlatformArgs(
            cpu_architecture="ARM64", operating_system_family="LINUX"
        ),
        execution_role_arn=execution_role_arn,
        task_role_arn=task_role_arn,
        volumes=[ecs.TaskDefinitionVolumeArgs(name=VOLUME)],
        container_definitions=pulumi.Output.all(image, ini, secrets.by_variable(), log_group).apply(
            lambda known: container_definitions(
                image=known[0],
                ini=known[1],
                secrets=known[2],
                log_group=known[3],
                health_user=health_user,
                health_database=health_database,
                region=region,
            )
        ),
        opts=opts,
    )


def container_definitions(
    *,
    image: str,
    ini: str,
    health_user: str,
    health_database: str,
    secrets: Mapping[str, str],
    log_group: str,
    region: str,
) -> str:
    """Contains references to secrets, never their values."""
    environment = {
        "PGBOUNCER_INI": ini,
        # for the health check: a query through the pool, over the socket
        "PGHOST": DIRECTORY,
        "PGPORT": str(PORT),
        "PGUSER": health_user,
        "PGDATABASE": health_database,
    }
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": image,
        "essential": True,
        "user": USER,
        "privileged": False,
        "readonlyRootFilesystem": True,
        "linuxParameters": {"initProcessEnabled": True, "capabilities": {"drop": ["ALL"]}},
        "mountPoints": [{"sourceVolume": VOLUME, "containerPath": DIRECTORY, "readOnly": False}],
        "portMappings": [{"containerPort": PORT, "protocol": "tcp"}],
        "ulimits": [{"name": "nofile", "softLimit": OPEN_FILES, "hardLimit": OPEN_FILES}],
        "environment": [{"name": key, "value": value} for key, value in environment.items()],
        "secrets": [{"name": key, "valueFrom": value} for key, value in secrets.items()],
        "healthCheck": {
            "command": ["CMD", "/usr/local/bin/pgbouncer-health"],
            "interval": 10,
            "timeout": 5,
            "retries": 3,
            "startPeriod": 15,
        },
        "stopTimeout": STOP_TIMEOUT_S,
        "logConfiguration": {
            "logDriver": "awslogs",
            "options": {
                "awslogs-group": log_group,
                "awslogs-region": region,
                "awslogs-stream-prefix": CONTAINER,
            },
        },
    }
    return json.dumps([container])


def secret_at(arn: str, key: str, version: str = "") -> str:
    """The ECS reference to one key of a secret's JSON document."""
    return f"{arn}:{key}::{version}"


def repository_arn(url: str) -> str:
    """ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME -> the repository's ARN"""
    registry, _, name = url.partition("/")
    account, _, _, region, *_ = registry.split(".")
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"
