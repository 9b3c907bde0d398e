"""Rules for changes: resources that hold data, and their network, are replaced or deleted only
with a waiver."""

from __future__ import annotations

from policy import backup, ec2, ecs, elasticache, keys, rds, s3
from policy.model import PolicyResource, PolicyRule, Severity

AUDIT_LOG = "bastion"
"""The log group that records the sessions in the bastion task."""
STATEFUL = (
    rds.INSTANCE,
    "postgresql:index/database:Database",
    elasticache.GROUP,
    ec2.VOLUME,
    s3.BUCKET,
    backup.VAULT,
    keys.KEY,
    ecs.REPOSITORY,
    keys.LOG_GROUP,
    ec2.VPC,
    ec2.SUBNET,
)
"""Resources whose loss is permanent or cuts off the stores: data, backups, the keys to read both,
the images of tasks, and the network that all of them are in.

Not included: secrets, which are recreated from the state; the replication of backups, whose copies
keep their retention; and log groups other than the audit log, which are for troubleshooting."""
REMEDY = "add a waiver with a reason to policy/waivers.yaml, or revert the change"


def _holds_no_data(resource: PolicyResource) -> bool:
    if resource.type == keys.LOG_GROUP:
        return resource.name != AUDIT_LOG
    return resource.type == rds.INSTANCE and rds.is_replica(resource)


REPLACED = PolicyRule(
    "STATEFUL.1",
    "resources that hold data, and their network, are not replaced",
    Severity.CRITICAL,
    STATEFUL,
    REMEDY,
    alone=_holds_no_data,
)
DELETED = PolicyRule(
    "STATEFUL.2",
    "resources that hold data, and their network, are not deleted",
    Severity.CRITICAL,
    STATEFUL,
    REMEDY,
    alone=_holds_no_data,
)
RULES = (REPLACED, DELETED)
"""These rules check the resource as it was before the change."""
