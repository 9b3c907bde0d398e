"""Each rule of policy/, broken by changing a resource of the good estate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from policy import backup, ec2, ecs, elasticache, keys, rds, s3
from tests.unit.policy.policy_estate import (
    ABSENT,
    OURS,
    PARAMETERS,
    TLS_ONLY,
    containers,
    policy,
    rule_row,
)

WITHOUT_NAME: Any = {"sourceIds": ["another"]}

BREAKS: list[tuple[str, str, Mapping[str, Any]]] = [
    ("RDS.2", rds.INSTANCE, {"publiclyAccessible": True}),
    ("RDS.3", rds.INSTANCE, {"storageEncrypted": ABSENT}),
    ("RDS.4", rds.BACKUP_REPLICATION, {"kmsKeyId": ABSENT}),
    ("RDS.4", rds.SNAPSHOT_COPY, {"kmsKeyId": ABSENT}),
    ("RDS.5", rds.INSTANCE, {"multiAz": False}),
    ("RDS.6", rds.INSTANCE, {"monitoringInterval": 0}),
    ("RDS.6", rds.INSTANCE, {"monitoringRoleArn": ABSENT}),
    ("RDS.8", rds.INSTANCE, {"deletionProtection": False}),
    ("RDS.10", rds.INSTANCE, {"iamDatabaseAuthenticationEnabled": ABSENT}),
    ("RDS.11", rds.INSTANCE, {"backupRetentionPeriod": 6}),
    ("RDS.13", rds.INSTANCE, {"autoMinorVersionUpgrade": False}),
    ("RDS.17", rds.INSTANCE, {"copyTagsToSnapshot": False}),
    ("RDS.18", rds.INSTANCE, {"dbSubnetGroupName": ABSENT}),
    ("RDS.20", rds.SUBSCRIPTION, WITHOUT_NAME),
    ("RDS.20", rds.SUBSCRIPTION, {"eventCategories": ["maintenance"]}),
    ("RDS.20", rds.SUBSCRIPTION, {"enabled": False}),
    ("RDS.21", f"{rds.SUBSCRIPTION}/parameters", WITHOUT_NAME),
    ("RDS.23", rds.INSTANCE, {"port": 5432}),
    ("RDS.25", rds.INSTANCE, {"username": "postgres"}),
    ("RDS.36", rds.INSTANCE, {"enabledCloudwatchLogsExports": ["upgrade"]}),
    (
        "CKV2_AWS_30",
        rds.PARAMETERS,
        {"parameters": [*PARAMETERS[:1], rule_row("log_statement", "none"), PARAMETERS[2]]},
    ),
    ("CKV2_AWS_30", rds.PARAMETERS, {"parameters": PARAMETERS[:2]}),
    ("CKV2_AWS_69", rds.PARAMETERS, {"parameters": PARAMETERS[1:]}),
    ("CKV_AWS_211", rds.INSTANCE, {"caCertIdentifier": "rds-ca-2019"}),
    ("CKV_AWS_353", rds.INSTANCE, {"performanceInsightsEnabled": False}),
    ("CKV_AWS_354", rds.INSTANCE, {"performanceInsightsKmsKeyId": ABSENT}),
    ("ElastiCache.1", elasticache.GROUP, {"snapshotRetentionLimit": ABSENT}),
    ("ElastiCache.3", elasticache.GROUP, {"automaticFailoverEnabled": False}),
    ("ElastiCache.4", elasticache.GROUP, {"atRestEncryptionEnabled": ABSENT}),
    ("ElastiCache.5", elasticache.GROUP, {"transitEncryptionEnabled": False}),
    ("ElastiCache.5", elasticache.GROUP, {"transitEncryptionMode": "preferred"}),
    ("ElastiCache.7", elasticache.GROUP, {"subnetGroupName": "default"}),
    ("CKV_AWS_31", elasticache.GROUP, {"userGroupIds": ABSENT}),
    ("CKV_AWS_191", elasticache.GROUP, {"kmsKeyId": ABSENT}),
    ("ECS.2", ecs.SERVICE, {"networkConfiguration": {"assignPublicIp": True}}),
    ("ECS.3", ecs.TASK, {"pidMode": "host"}),
    ("ECS.4", ecs.TASK, {"containerDefinitions": containers(privileged=True)}),
    ("ECS.5", ecs.TASK, {"containerDefinitions": containers(readonlyRootFilesystem=False)}),
    (
        "ECS.8",
        ecs.TASK,
        {"containerDefinitions": containers(environment=[rule_row("DB_PASSWORD", "hush-hush")])},
    ),
    ("ECS.9", ecs.TASK, {"containerDefinitions": containers(logConfiguration=None)}),
    ("ECS.10", ecs.SERVICE, {"platformVersion": "1.3.0"}),
    ("ECS.12", ecs.CLUSTER, {"settings": [{"name": "containerInsights", "value": "disabled"}]}),
    (
        "CKV_AWS_223",
        ecs.CLUSTER,
        {"configuration": {"executeCommandConfiguration": {"kmsKeyId": "arn", "logging": "NONE"}}},
    ),
    (
        "CKV_AWS_224",
        ecs.CLUSTER,
        {"configuration": {"executeCommandConfiguration": {"logging": "DEFAULT"}}},
    ),
    ("CKV_AWS_249", ecs.TASK, {"taskRoleArn": "arn:start"}),
    ("EC2.2", ec2.DEFAULT_GROUP, {"egress": [{"protocol": "-1"}]}),
    ("EC2.2", ec2.DEFAULT_GROUP, {"vpcId": "vpc-of-another"}),
    ("EC2.3", ec2.VOLUME, {"encrypted": ABSENT}),
    ("EC2.3", ec2.HOST, {"rootBlockDevice": ABSENT}),
    ("EC2.3", ec2.HOST, {"ebsBlockDevices": [{"encrypted": True}, {"encrypted": False}]}),
    ("EC2.6", ec2.FLOW_LOG, {"vpcId": "vpc-of-another"}),
    ("EC2.8", ec2.HOST, {"metadataOptions": {"httpTokens": "optional"}}),
    ("EC2.8", ec2.TEMPLATE, {"metadataOptions": ABSENT}),
    ("EC2.9", ec2.HOST, {"associatePublicIpAddress": ABSENT}),
    ("ELB.6", ec2.BALANCER, {"enableDeletionProtection": ABSENT}),
    ("EC2.19", ec2.INGRESS, {"cidrIpv4": "0.0.0.0/0"}),
    ("EC2.19", ec2.INGRESS, {"cidrIpv4": ABSENT, "cidrIpv6": "::/0"}),
    ("EC2.19", ec2.LEGACY_RULE, {"toPort": 6432}),
    (
        "EC2.19",
        ec2.GROUP,
        {"ingress": [{"description": "all", "protocol": "-1", "cidrBlocks": ["0.0.0.0/0"]}]},
    ),
    ("CKV_AWS_23", ec2.GROUP, {"description": ABSENT}),
    ("CKV_AWS_23", ec2.EGRESS, {"description": ""}),
    ("CKV_AWS_23", ec2.GROUP, {"egress": [{"protocol": "tcp"}]}),
    ("Backup.1", backup.PLAN, {"rules": [{"targetVaultName": "Default"}]}),
    (
        "Backup.1",
        backup.PLAN,
        {
            "rules": [
                {
                    "targetVaultName": "vault",
                    "copyActions": [
                        {"destinationVaultArn": "arn:aws:backup:us-west-2:1:backup-vault:Default"}
                    ],
                }
            ]
        },
    ),
    ("CKV_AWS_166", backup.VAULT, {"kmsKeyArn": ABSENT}),
    ("KMS.5", keys.KEY, {"policy": policy(OURS | {"Principal": "*"})}),
    ("KMS.5", keys.KEY, {"policy": policy(OURS, OURS | {"Principal": {"AWS": ["1", "*"]}})}),
    ("CKV_AWS_7", keys.KEY, {"enableKeyRotation": ABSENT}),
    ("CKV_AWS_158", keys.LOG_GROUP, {"kmsKeyId": ABSENT}),
    ("CKV_AWS_338", keys.LOG_GROUP, {"retentionInDays": 364}),
    ("SecretsManager.1", keys.ROTATION, {"secretId": "another"}),
    ("S3.5", s3.POLICY, {"policy": policy(TLS_ONLY | {"Effect": "Allow"})}),
    ("S3.5", s3.POLICY, {"policy": policy(TLS_ONLY | {"Action": "s3:PutObject"})}),
    ("S3.5", s3.POLICY, {"bucket": "another"}),
    ("S3.8", s3.PUBLIC_ACCESS, {"blockPublicPolicy": False}),
    ("S3.13", s3.LIFECYCLE, {"rules": [{"id": "old", "status": "Disabled"}]}),
    ("CKV_AWS_21", s3.VERSIONING, {"versioningConfiguration": {"status": "Suspended"}}),
    (
        "CKV_AWS_145",
        s3.ENCRYPTION,
        {"rules": [{"applyServerSideEncryptionByDefault": {"sseAlgorithm": "AES256"}}]},
    ),
]
"""Rule, the type that is changed, and its changed properties."""
