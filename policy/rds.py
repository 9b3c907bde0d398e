"""Rules for RDS for PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from policy.model import PolicyResource, PolicyRule, Severity, known, of_type

INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
SUBSCRIPTION = "aws:rds/eventSubscription:EventSubscription"
SNAPSHOT_COPY = "aws:rds/snapshotCopy:SnapshotCopy"
BACKUP_REPLICATION = (
    "aws:rds/instanceAutomatedBackupsReplication:InstanceAutomatedBackupsReplication"
)

DEFAULT_PORTS = (None, 5432)
DEFAULT_ADMINS = ("admin", "administrator", "postgres", "root")
CERTIFICATES = ("rds-ca-rsa2048-g1", "rds-ca-rsa4096-g1", "rds-ca-ecc384-g1")
LEAST_RETENTION_DAYS = 7
OF_INSTANCES = {"maintenance", "configuration change", "failure"}
OF_PARAMETERS = {"configuration change"}


def is_replica(instance: PolicyResource) -> bool:
    """Whether the instance is a replica, which shares its source's subnets, login and backups."""
    return instance.given("replicateSourceDb")


def parameter(group: PolicyResource, name: str) -> str | None:
    rows = [row for row in group.items("parameters") if row.get("name") == name]
    return str(rows[0].get("value")) if rows else None


def has_subscription(
    resource: PolicyResource,
    everything: Sequence[PolicyResource],
    source_type: str,
    events: set[str],
) -> bool:
    """Whether an event subscription covers these events of the resource."""
    return any(
        subscription.is_one_of("sourceType", source_type)
        and subscription.get("enabled") is not False
        and _covers(subscription.get("eventCategories"), events)
        # a subscription without sources covers all of them
        and (not subscription.given("sourceIds") or resource.is_named_in(subscription, "sourceIds"))
        for subscription in of_type(everything, SUBSCRIPTION)
    )


def _covers(categories: Any, events: set[str]) -> bool:
    return not categories or not known(categories) or events <= set(categories)


RULES = (
    PolicyRule(
        "RDS.2",
        "the instance has no public IP address",
        Severity.CRITICAL,
        (INSTANCE,),
        "set publicly_accessible=False",
        alone=lambda r: r.off("publiclyAccessible"),
    ),
    PolicyRule(
        "RDS.3",
        "storage is encrypted",
        Severity.MEDIUM,
        (INSTANCE,),
        "set storage_encrypted=True with a kms_key_id",
        alone=lambda r: r.on("storageEncrypted"),
    ),
    PolicyRule(
        "RDS.4",
        "snapshot copies and replicated backups are encrypted with a customer managed key",
        Severity.MEDIUM,
        (SNAPSHOT_COPY, BACKUP_REPLICATION),
        "set kms_key_id to a key in the destination region",
        alone=lambda r: r.given("kmsKeyId"),
    ),
    PolicyRule(
        "RDS.5",
        "the primary has a Multi-AZ standby",
        Severity.MEDIUM,
        (INSTANCE,),
        "set multi_az=True",
        alone=lambda r: is_replica(r) or r.on("multiAz"),
    ),
    PolicyRule(
        "RDS.6",
        "enhanced monitoring is enabled",
        Severity.LOW,
        (INSTANCE,),
        "set monitoring_interval and monitoring_role_arn",
        alone=lambda r: r.at_least("monitoringInterval", 1) and r.given("monitoringRoleArn"),
    ),
    PolicyRule(
        "RDS.8",
        "deletion protection is enabled",
        Severity.LOW,
        (INSTANCE,),
        "set deletion_protection=True",
        alone=lambda r: r.on("deletionProtection"),
    ),
    PolicyRule(
        "RDS.10",
        "IAM database authentication is enabled",
        Severity.MEDIUM,
        (INSTANCE,),
        "set iam_database_authentication_enabled=True",
        alone=lambda r: r.on("iamDatabaseAuthenticationEnabled"),
    ),
    PolicyRule(
        "RDS.11",
        f"automated backups are kept for at least {LEAST_RETENTION_DAYS} days",
        Severity.MEDIUM,
        (INSTANCE,),
        f"set backup_retention_period to {LEAST_RETENTION_DAYS} or more",
        alone=lambda r: is_replica(r) or r.at_least("backupRetentionPeriod", LEAST_RETENTION_DAYS),
    ),
    PolicyRule(
        "RDS.13",
        "minor versions are upgraded automatically",
        Severity.HIGH,
        (INSTANCE,),
        "leave auto_minor_version_upgrade on",
        alone=lambda r: r.get("autoMinorVersionUpgrade") is not False,
    ),
    PolicyRule(
        "RDS.17",
        "tags are copied to snapshots",
        Severity.LOW,
        (INSTANCE,),
        "set copy_tags_to_snapshot=True",
        alone=lambda r: r.on("copyTagsToSnapshot"),
    ),
    PolicyRule(
        "RDS.18",
        "the instance uses a subnet group of a VPC",
        Severity.HIGH,
        (INSTANCE,),
        "set db_subnet_group_name",
        alone=lambda r: is_replica(r) or r.given("dbSubnetGroupName"),
    ),
    PolicyRule(
        "RDS.20",
        "an event subscription covers maintenance, configuration changes and failures",
        Severity.LOW,
        (INSTANCE,),
        "name the instance in an EventSubscription of source_type db-instance",
        among=lambda r, all_: has_subscription(r, all_, "db-instance", OF_INSTANCES),
    ),
    PolicyRule(
        "RDS.21",
        "an event subscription covers changes of the parameter group",
        Severity.LOW,
        (PARAMETERS,),
        "name the group in an EventSubscription of source_type db-parameter-group",
        among=lambda r, all_: has_subscription(r, all_, "db-parameter-group", OF_PARAMETERS),
    ),
    PolicyRule(
        "RDS.23",
        "the port is not the engine's default",
        Severity.LOW,
        (INSTANCE,),
        "set a port other than 5432",
        alone=lambda r: r.get("port") not in DEFAULT_PORTS,
    ),
    PolicyRule(
        "RDS.25",
        "the master user does not have a default name",
        Severity.MEDIUM,
        (INSTANCE,),
        f"set a username other than {', '.join(DEFAULT_ADMINS)}",
        alone=lambda r: (
            is_replica(r) or (r.given("username") and r.get("username") not in DEFAULT_ADMINS)
        ),
    ),
    PolicyRule(
        "RDS.36",
        "the PostgreSQL log is exported to CloudWatch Logs",
        Severity.MEDIUM,
        (INSTANCE,),
        "add postgresql to enabled_cloudwatch_logs_exports",
        alone=lambda r: (
            not known(r.get("enabledCloudwatchLogsExports"))
            or "postgresql" in r.items("enabledCloudwatchLogsExports")
        ),
    ),
    PolicyRule(
        "CKV2_AWS_30",
        "queries are logged: log_statement and log_min_duration_statement",
        Severity.LOW,
        (PARAMETERS,),
        "set log_statement to ddl, mod or all, and log_min_duration_statement to 0 or more",
        alone=lambda r: (
            parameter(r, "log_statement") in ("ddl", "mod", "all")
            and int(parameter(r, "log_min_duration_statement") or -1) >= 0
        ),
    ),
    PolicyRule(
        "CKV2_AWS_69",
        "the server refuses connections without TLS",
        Severity.HIGH,
        (PARAMETERS,),
        "set the parameter rds.force_ssl to 1",
        alone=lambda r: parameter(r, "rds.force_ssl") == "1",
    ),
    PolicyRule(
        "CKV_AWS_211",
        "the server certificate is from a current certificate authority",
        Severity.MEDIUM,
        (INSTANCE,),
        f"set ca_cert_identifier to {', '.join(CERTIFICATES[:-1])} or {CERTIFICATES[-1]}",
        alone=lambda r: r.is_one_of("caCertIdentifier", *CERTIFICATES),
    ),
    PolicyRule(
        "CKV_AWS_353",
        "Performance Insights is enabled",
        Severity.LOW,
        (INSTANCE,),
        "set performance_insights_enabled=True",
        alone=lambda r: r.on("performanceInsightsEnabled"),
    ),
    PolicyRule(
        "CKV_AWS_354",
        "Performance Insights is encrypted with a customer managed key",
        Severity.MEDIUM,
        (INSTANCE,),
        "set performance_insights_kms_key_id",
        alone=lambda r: (
            r.get("performanceInsightsEnabled") is not True
            or r.given("performanceInsightsKmsKeyId")
        ),
    ),
)
