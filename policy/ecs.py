"""Rules for ECS. Container definitions that are unknown in a preview are checked during `up`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from policy.model import PolicyResource, PolicyRule, Severity, at, known, of_type

REPOSITORY = "aws:ecr/repository:Repository"
CLUSTER = "aws:ecs/cluster:Cluster"
SERVICE = "aws:ecs/service:Service"
TASK = "aws:ecs/taskDefinition:TaskDefinition"

Container = Mapping[str, Any]

SECRET_NAME = re.compile(
    r"(^|_)(PASSWORD|PASSWD|SECRET|SECRET_ACCESS_KEY|ACCESS_KEY_ID|TOKEN|PRIVATE_KEY|AUTH_DATA)$",
    re.IGNORECASE,
)
PLATFORM = "1.4.0"
"""The latest Fargate platform version for Linux in Security Hub (2026-11-24)."""
INSIGHTS = ("enabled", "enhanced")
EXECUTION = "configuration.executeCommandConfiguration"
LOGS = ("cloudWatchLogGroupName", "s3BucketName")
LOG_ENCRYPTION = ("cloudWatchEncryptionEnabled", "s3BucketEncryptionEnabled")


def every_container(holds: Callable[[Container], bool]) -> Callable[[PolicyResource], bool]:
    return lambda task: all(holds(container) for container in task.items("containerDefinitions"))


def has_insights(cluster: PolicyResource) -> bool:
    settings = cluster.get("settings")
    return not known(settings) or any(
        setting.get("name") == "containerInsights" and setting.get("value") in INSIGHTS
        for setting in settings or ()
    )


def records_execution(cluster: PolicyResource) -> bool:
    """Whether sessions are logged: DEFAULT (also if unset) uses the container's own log."""
    destination = f"{EXECUTION}.logConfiguration"
    named = map(cluster.given, (f"{destination}.{key}" for key in LOGS))
    return cluster.is_one_of(f"{EXECUTION}.logging", None, "DEFAULT") or (
        cluster.get(f"{EXECUTION}.logging") == "OVERRIDE" and any(named)
    )


def encrypts_execution(cluster: PolicyResource, everything: Sequence[PolicyResource]) -> bool:
    """Whether sessions are encrypted, or all of the cluster's services disable ECS Exec."""
    services = [
        each for each in of_type(everything, SERVICE) if cluster.is_named_in(each, "cluster")
    ]
    if services and all(service.off("enableExecuteCommand") for service in services):
        return True
    destination = f"{EXECUTION}.logConfiguration"
    encrypted = map(cluster.on, (f"{destination}.{key}" for key in LOG_ENCRYPTION))
    elsewhere = cluster.get(f"{EXECUTION}.logging") == "OVERRIDE"
    return cluster.given(f"{EXECUTION}.kmsKeyId") and (not elsewhere or any(encrypted))


def has_distinct_roles(task: PolicyResource) -> bool:
    """Whether the task role, if there is one, differs from the execution role."""
    started_by, its_own = task.get("executionRoleArn"), task.get("taskRoleArn")
    return started_by is None or not known(its_own) or started_by != its_own


RULES = (
    PolicyRule(
        "ECS.2",
        "tasks have no public IP address",
        Severity.HIGH,
        (SERVICE,),
        "set network_configuration.assign_public_ip=False",
        alone=lambda r: r.off("networkConfiguration.assignPublicIp"),
    ),
    PolicyRule(
        "ECS.3",
        "tasks do not share the host's process namespace",
        Severity.HIGH,
        (TASK,),
        'leave pid_mode out, or set it to "task"',
        alone=lambda r: r.get("pidMode") != "host",
    ),
    PolicyRule(
        "ECS.4",
        "no container is privileged",
        Severity.HIGH,
        (TASK,),
        "leave privileged out of container_definitions",
        alone=every_container(lambda c: c.get("privileged") in (None, False)),
    ),
    PolicyRule(
        "ECS.5",
        "the root file system of every container is read-only",
        Severity.HIGH,
        (TASK,),
        "set readonlyRootFilesystem in container_definitions, with volumes for writable paths",
        alone=every_container(lambda c: c.get("readonlyRootFilesystem") is True),
    ),
    PolicyRule(
        "ECS.8",
        "secrets are not passed as plain environment variables",
        Severity.HIGH,
        (TASK,),
        "move it from environment to secrets in container_definitions",
        alone=every_container(
            lambda c: (
                not any(
                    SECRET_NAME.search(str(variable.get("name")))
                    for variable in c.get("environment") or ()
                )
            )
        ),
    ),
    PolicyRule(
        "ECS.9",
        "every container has a log configuration",
        Severity.HIGH,
        (TASK,),
        "set logConfiguration in container_definitions",
        alone=every_container(lambda c: bool(at(c, "logConfiguration.logDriver"))),
    ),
    PolicyRule(
        "ECS.10",
        "the service uses the latest Fargate platform version",
        Severity.MEDIUM,
        (SERVICE,),
        f"leave platform_version out, or set it to LATEST or {PLATFORM}",
        alone=lambda r: r.is_one_of("platformVersion", None, "LATEST", PLATFORM),
    ),
    PolicyRule(
        "ECS.12",
        "Container Insights is enabled",
        Severity.MEDIUM,
        (CLUSTER,),
        "set containerInsights in settings to enabled or enhanced",
        alone=has_insights,
    ),
    PolicyRule(
        "CKV_AWS_223",
        "ECS Exec sessions are logged",
        Severity.MEDIUM,
        (CLUSTER,),
        "add log_configuration to configuration.execute_command_configuration",
        alone=records_execution,
    ),
    PolicyRule(
        "CKV_AWS_224",
        "ECS Exec sessions and their logs are encrypted with a customer managed key",
        Severity.MEDIUM,
        (CLUSTER,),
        "set execute_command_configuration.kms_key_id and enable encryption of its log",
        among=encrypts_execution,
    ),
    PolicyRule(
        "CKV_AWS_249",
        "the task role differs from the execution role",
        Severity.MEDIUM,
        (TASK,),
        "set task_role_arn to a separate role",
        alone=has_distinct_roles,
    ),
)
