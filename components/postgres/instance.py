"""RDS instance inputs and options that the primary and its replicas share."""

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
    """The primary, and what is needed to create the database and roles inside it."""

    instance: rds.Instance
    master_password: pulumi.Input[str]


@dataclass(frozen=True)
class InstanceDependencies:
    """Resources that must exist before an instance is created."""

    security_group_id: pulumi.Input[str]
    monitoring_role_arn: pulumi.Input[str]
    """The role of Enhanced Monitoring."""
    insights_key_arn: pulumi.Input[str]
    """The KMS key of Performance Insights."""
    log_groups: Sequence[pulumi.Resource]


def server_inputs(settings: PostgresSettings, dependencies: InstanceDependencies) -> dict[str, Any]:
    """Inputs that are the same for every instance. Replicas get the primary's storage settings."""
    return {
        "instance_class": settings.instance_class,
        "allocated_storage": settings.storage.allocated_gb,
        "max_allocated_storage": settings.storage.max_allocated_gb,
        "storage_type": "gp3",
        "iops": settings.storage.provisioned_iops,
        # Set on replicas too, although they inherit encryption: without it the provider sees a
        # difference on an encrypted replica and replaces the replica.
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
    """Resource options of every instance. Log groups come first, or RDS would create its own."""
    return pulumi.ResourceOptions(
        parent=parent,
        protect=settings.deletion_protection.enabled,
        depends_on=list(dependencies.log_groups),
    )
