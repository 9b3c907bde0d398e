"""The smallest resources that satisfy every rule, and what breaks each rule once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from policy import backup, ec2, ecs, elasticache, keys, rds, s3
from policy.model import PolicyResource

CONTAINER = {
    "name": "it",
    "readonlyRootFilesystem": True,
    "environment": [{"name": "PGHOST", "value": "db"}],
    "secrets": [{"name": "PASSWORD", "valueFrom": "arn"}],
    "logConfiguration": {"logDriver": "awslogs"},
}
TLS_ONLY = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": "*",
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
OURS = {
    "Effect": "Allow",
    "Principal": {"AWS": "arn:aws:iam::123456789012:root"},
    "Action": "kms:*",
    "Resource": "*",
}


def containers(**changed: Any) -> str:
    return json.dumps([CONTAINER | changed])


def policy(*statements: Mapping[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def rule_row(name: str, value: str) -> dict[str, str]:
    return {"name": name, "value": value}


PARAMETERS = [
    rule_row("rds.force_ssl", "1"),
    rule_row("log_statement", "ddl"),
    rule_row("log_min_duration_statement", "1000"),
]
ENTRY = {"description": "PgBouncer", "fromPort": 6432, "toPort": 6432, "ipProtocol": "tcp"}
GOOD: Mapping[str, Mapping[str, Any]] = {
    rds.INSTANCE: {
        "identifier": "db",
        "storageEncrypted": True,
        "multiAz": True,
        "monitoringInterval": 60,
        "monitoringRoleArn": "arn",
        "deletionProtection": True,
        "iamDatabaseAuthenticationEnabled": True,
        "backupRetentionPeriod": 7,
        "copyTagsToSnapshot": True,
        "dbSubnetGroupName": "data",
        "port": 5433,
        "username": "nexusflow_master",
        "enabledCloudwatchLogsExports": ["postgresql"],
        "caCertIdentifier": "rds-ca-rsa2048-g1",
        "performanceInsightsEnabled": True,
        "performanceInsightsKmsKeyId": "arn",
    },
    rds.PARAMETERS: {"name": "parameters", "parameters": PARAMETERS},
    rds.SUBSCRIPTION: {
        "sourceType": "db-instance",
        "sourceIds": ["db"],
        "eventCategories": ["maintenance", "configuration change", "failure", "deletion"],
    },
    f"{rds.SUBSCRIPTION}/parameters": {
        "sourceType": "db-parameter-group",
        "sourceIds": ["parameters"],
    },
    rds.BACKUP_REPLICATION: {"kmsKeyId": "arn"},
    rds.SNAPSHOT_COPY: {"kmsKeyId": "arn"},
    elasticache.GROUP: {
        "snapshotRetentionLimit": 7,
        "automaticFailoverEnabled": True,
        "atRestEncryptionEnabled": True,
        "transitEncryptionEnabled": True,
        "subnetGroupName": "data",
        "userGroupIds": ["users"],
        "kmsKeyId": "arn",
    },
    ecs.CLUSTER: {
        "settings": [{"name": "containerInsights", "value": "enabled"}],
        "configuration": {
            "executeCommandConfiguration": {
                "kmsKeyId": "arn",
                "logging": "OVERRIDE",
                "logConfiguration": {
                    "cloudWatchLogGroupName": "exec",
                    "cloudWatchEncryptionEnabled": True,
                },
            }
        },
    },
    ecs.SERVICE: {
        "cluster": "cluster-id",
        "enableExecuteCommand": True,
        "platformVersion": "1.4.0",
        "networkConfiguration": {"assignPublicIp": False},
    },
    ecs.TASK: {
        "executionRoleArn": "arn:start",
        "taskRoleArn": "arn:own",
        "containerDefinitions": containers(),
    },
    ec2.VPC: {},
    ec2.DEFAULT_GROUP: {"vpcId": "vpc-id", "ingress": [], "egress": []},
    ec2.FLOW_LOG: {"vpcId": "vpc-id"},
    ec2.GROUP: {"description": "PgBouncer"},
    ec2.INGRESS: ENTRY | {"cidrIpv4": "10.0.0.0/16"},
    ec2.EGRESS: ENTRY | {"cidrIpv4": "0.0.0.0/0"},
    ec2.LEGACY_RULE: {
        "description": "the world's HTTPS",
        "type": "ingress",
        "protocol": "tcp",
        "fromPort": 443,
        "toPort": 443,
        "cidrBlocks": ["0.0.0.0/0"],
    },
    ec2.HOST: {
        "associatePublicIpAddress": False,
        "metadataOptions": {"httpTokens": "required"},
        "rootBlockDevice": {"encrypted": True},
    },
    ec2.TEMPLATE: {"metadataOptions": {"httpTokens": "required"}},
    ec2.VOLUME: {"encrypted": True},
    ec2.BALANCER: {"enableDeletionProtection": True},
    backup.VAULT: {"name": "vault", "kmsKeyArn": "arn"},
    backup.PLAN: {
        "rules": [
            {
                "targetVaultName": "vault",
                "copyActions": [
                    {"destinationVaultArn": "arn:aws:backup:us-west-2:1:backup-vault:vault"}
                ],
            }
        ]
    },
    keys.KEY: {"policy": policy(OURS), "enableKeyRotation": True},
    keys.LOG_GROUP: {"kmsKeyId": "arn", "retentionInDays": 365},
    keys.SECRET: {},
    keys.ROTATION: {"secretId": "secret-id"},
    s3.BUCKET: {"bucket": "packages"},
    s3.POLICY: {"bucket": "packages", "policy": policy(TLS_ONLY)},
    s3.PUBLIC_ACCESS: {"bucket": "packages", **dict.fromkeys(s3.BLOCKS, True)},
    s3.LIFECYCLE: {"bucket": "packages", "rules": [{"id": "old", "status": "Enabled"}]},
    s3.VERSIONING: {"bucket": "packages", "versioningConfiguration": {"status": "Enabled"}},
    s3.ENCRYPTION: {
        "bucket": "packages",
        "rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "aws:kms"}}],
    },
}
"""By type; what follows a second slash tells two of one type apart."""

ABSENT: Any = object()
"""Stands for a property that a resource does not have."""


def type_of(key: str) -> str:
    return "/".join(key.split("/")[:2])


def resource(key: str, inputs: Mapping[str, Any]) -> PolicyResource:
    type_ = type_of(key)
    name = type_.partition("/")[2].partition(":")[0]
    urn = f"urn:pulumi:production::nexusflow::{type_}::{name}"
    return PolicyResource(type_, urn, inputs, f"{name}-id")


def estate(changed: str = "", changes: Mapping[str, Any] | None = None) -> list[PolicyResource]:
    """The good estate, with one resource changed."""
    return [
        resource(key, edited(inputs, changes or {}) if key == changed else inputs)
        for key, inputs in GOOD.items()
    ]


def edited(inputs: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in {**inputs, **changes}.items() if value is not ABSENT}
