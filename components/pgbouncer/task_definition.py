"""The ECS task definition of PgBouncer: one container on Fargate, built from images/pgbouncer."""

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
"""The user of the image, to whom the volume's directory belongs."""
STOP_TIMEOUT_S = 120
"""Fargate's maximum. The entrypoint drains clients for 90 s, then closes idle connections."""
OPEN_FILES = 8192
"""More than all client and server connections of one process."""


@dataclass(frozen=True, kw_only=True)
class TaskSecrets:
    """Secrets that ECS reads when it starts a task, and passes as environment variables."""

    userlist_arn: pulumi.Input[str]
    userlist_version: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]
    certificate_version: pulumi.Input[str]
    health_login_arn: pulumi.Input[str]

    def by_variable(self) -> pulumi.Output[dict[str, str]]:
        """ECS references to the secrets by environment variable. The references contain the
        secret's version, so that a new version is a new task definition and replaces the tasks."""
        return pulumi.Output.all(
            self.userlist_arn,
            self.userlist_version,
            self.certificate_arn,
            self.certificate_version,
            self.health_login_arn,
        ).apply(
            lambda values: {
                "PGBOUNCER_USERLIST": secret_at(values[0], "userlist", values[1]),
                "TLS_CERTIFICATE": secret_at(values[2], "certificate", values[3]),
                "TLS_PRIVATE_KEY": secret_at(values[2], "private_key", values[3]),
                # Without version: a new password also changes the user list, by its verifier.
                "PGPASSWORD": secret_at(values[4], "password"),
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
    """The task definition. `ini` is the content of pgbouncer.ini; `health_user` and
    `health_database` are what the health check logs in with; `log_group` is a name."""
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
            lambda values: container_definitions(
                image=values[0],
                ini=values[1],
                secrets=values[2],
                log_group=values[3],
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
    """The container definitions as JSON, with references to secrets in place of their values."""
    environment = {
        "PGBOUNCER_INI": ini,
        # For psql in the health check, which runs a query through the pool over the Unix socket.
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
        # ECS adds the empty list if it is left out: every preview would show a difference, and
        # every `up` would register a revision.
        "linuxParameters": {
            "initProcessEnabled": True,
            "capabilities": {"add": [], "drop": ["ALL"]},
        },
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
    """The ECS reference to one key of a secret's JSON document, in the current version if none is
    given."""
    return f"{arn}:{key}::{version}"
