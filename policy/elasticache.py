"""Rules for ElastiCache (Redis and Valkey)."""

from __future__ import annotations

from policy.model import PolicyRule, Severity

GROUP = "aws:elasticache/replicationGroup:ReplicationGroup"

RULES = (
    PolicyRule(
        "ElastiCache.1",
        "automatic snapshots are enabled",
        Severity.HIGH,
        (GROUP,),
        "set snapshot_retention_limit to 1 or more",
        alone=lambda r: r.at_least("snapshotRetentionLimit", 1),
    ),
    PolicyRule(
        "ElastiCache.3",
        "automatic failover is enabled",
        Severity.MEDIUM,
        (GROUP,),
        "set automatic_failover_enabled=True, with a replica",
        alone=lambda r: r.on("automaticFailoverEnabled"),
    ),
    PolicyRule(
        "ElastiCache.4",
        "data is encrypted at rest",
        Severity.MEDIUM,
        (GROUP,),
        "set at_rest_encryption_enabled=True",
        alone=lambda r: r.on("atRestEncryptionEnabled"),
    ),
    PolicyRule(
        "ElastiCache.5",
        "data is encrypted in transit",
        Severity.MEDIUM,
        (GROUP,),
        'set transit_encryption_enabled=True and leave transit_encryption_mode at "required"',
        alone=lambda r: (
            r.on("transitEncryptionEnabled") and r.get("transitEncryptionMode") != "preferred"
        ),
    ),
    PolicyRule(
        "ElastiCache.7",
        "the group uses a subnet group other than default",
        Severity.HIGH,
        (GROUP,),
        "set subnet_group_name to a group other than default",
        alone=lambda r: r.given("subnetGroupName") and r.get("subnetGroupName") != "default",
    ),
    PolicyRule(
        "CKV_AWS_31",
        "clients must authenticate",
        Severity.HIGH,
        (GROUP,),
        "set user_group_ids (or auth_token)",
        alone=lambda r: any(map(r.given, ("userGroupIds", "authToken", "authTokenWo"))),
    ),
    PolicyRule(
        "CKV_AWS_191",
        "data is encrypted with a customer managed key",
        Severity.MEDIUM,
        (GROUP,),
        "set kms_key_id",
        alone=lambda r: r.given("kmsKeyId"),
    ),
)
