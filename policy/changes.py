"""Rules of changes: what holds data is neither replaced nor deleted unless somebody said so."""

from __future__ import annotations

from policy import backup, ec2, ecs, elasticache, keys, rds, s3
from policy.model import PolicyResource, PolicyRule, Severity

AUDIT_LOG = "bastion"
"""The log group of what people did in the bastion task's shells."""
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
)
"""Whatever of it is lost, is lost: data, backups, the keys without which neither can be read, and
the images that tasks start from. Not secrets, which come again from the state, nor the replication
of backups, whose copies stay for their days when it stops, nor log groups but the one that is a
record: the others are for finding faults, and their events expire anyway."""
REMEDY = "name it in policy/waivers.yaml with the reason, or take the change back"


def _keeps_no_data_of_its_own(resource: PolicyResource) -> bool:
    if resource.type == keys.LOG_GROUP:
        return resource.name != AUDIT_LOG
    return resource.type == rds.INSTANCE and rds.is_replica(resource)


REPLACED = PolicyRule(
    "STATEFUL.1",
    "what holds data isn't replaced",
    Severity.CRITICAL,
    STATEFUL,
    REMEDY,
    alone=_keeps_no_data_of_its_own,
)
DELETED = PolicyRule(
    "STATEFUL.2",
    "what holds data isn't deleted",
    Severity.CRITICAL,
    STATEFUL,
    REMEDY,
    alone=_keeps_no_data_of_its_own,
)
RULES = (REPLACED, DELETED)
"""They look at the resource as it was before the change."""
