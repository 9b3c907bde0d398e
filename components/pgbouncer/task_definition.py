"""The pooler's container as a task definition writes it, pure."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from components.pgbouncer.config import DIRECTORY, PORT

CONTAINER = "pgbouncer"
VOLUME = "run"
USER = "10001:10001"
"""The image's own; it owns the directory of the volume there."""
STOP_TIMEOUT_S = 120
"""The most that Fargate waits: the entry point drains for 90 s, then ends what is idle."""
OPEN_FILES = 8192
"""Beyond every client and server connection of one process."""


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
    """No secret is in it: ECS reads the values as it starts the task, each at the version that is
    named, so that a new version is a new definition and rolls the service."""
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
    """How a container names one value of a secret's JSON document."""
    return f"{arn}:{key}::{version}"


def repository_arn(url: str) -> str:
    """ACCOUNT.dkr.ecr.REGION.amazonaws.com/NAME -> the repository's ARN"""
    registry, _, name = url.partition("/")
    account, _, _, region, *_ = registry.split(".")
    return f"arn:aws:ecr:{region}:{account}:repository/{name}"
