"""Inputs that the primary and every replica share."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pulumi
from pulumi_aws import rds

from config.settings.postgres import PostgresSettings

PORT = 5432
CA_CERTIFICATE = "rds-ca-rsa2048-g1"


@dataclass(frozen=True)
class PrimaryInstance:
    """The primary, and what creating the database inside it takes. `name_suffix` changes whenever
    the instance is replaced."""

    instance: rds.Instance
    master_password: pulumi.Input[str]
    name_suffix: pulumi.Input[str]


@dataclass(frozen=True)
class InstanceDependencies:
    """Resources that exist before an instance is created."""

    security_group_id: pulumi.Input[str]
    monitoring_role_arn: pulumi.Input[str]
    insights_key_arn: pulumi.Input[str]
    log_groups: Sequence[pulumi.Resource]


def server_inputs(settings: PostgresSettings, dependencies: InstanceDependencies) -> dict[str, Any]:
    """Inputs of every instance. A replica's storage always equals the primary's."""
    return {
        "instance_class": settings.instance_class,
        "allocated_storage": settings.storage.allocated_gb,
        "max_allocated_storage": settings.storage.max_allocated_gb,
        "storage_type": "gp3",
        "iops": settings.storage.provisioned_iops,
        # Set on replicas too, although they inherit it: the provider would otherwise see a
        # difference on an encrypted replica, and replace it.
        "storage_encrypted": True,
        "iam_database_authentication_enabled": True,
        "port": PORT,
        "publicly_accessible": False,
        "vpc_security_group_ids": [dependencies.security_group_id],
        "ca_cert_identifier": CA_CERTIFICATE,
        "auto_minor_version_upgrade": True,
        "maintenance_window": str(settings.maintenance_window),
        "copy_tags_to_snapshot": True,
        "monitoring_interval": settings.monitoring.interval_s,
        "monitoring_role_arn": dependencies.monitoring_role_arn,
        "performance_insights_enabled": True,
        "performance_insights_kms_key_id": dependencies.insights_key_arn,
        "performance_insights_retention_period": settings.monitoring.performance_insights_days,
        "enabled_cloudwatch_logs_exports": list(settings.log_exports),
        "apply_immediately": settings.apply_immediately,
        "deletion_protection": settings.deletion_protection.enabled,
    }


def server_options(
    parent: pulumi.Resource, settings: PostgresSettings, dependencies: InstanceDependencies
) -> pulumi.ResourceOptions:
    return pulumi.ResourceOptions(
        parent=parent,
        protect=settings.deletion_protection.enabled,
        depends_on=list(dependencies.log_groups),
    )
