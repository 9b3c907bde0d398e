"""What ElastiCache refuses: replication groups that cannot be, and calls on what is in use."""

from __future__ import annotations

from typing import Any

REFUSED_GROUPS: list[tuple[dict[str, Any], str]] = [
    ({"automaticFailoverEnabled": True, "numCacheClusters": 1}, "fewer than two"),
    ({"multiAzEnabled": True, "automaticFailoverEnabled": False}, "MultiAZ"),
    ({"parameterGroupName": "no-such-group"}, "no-such-group"),
    ({"subnetGroupName": "no-such-group"}, "no-such-group"),
    ({"userGroupIds": ["no-such-group"]}, "no-such-group"),
    ({"transitEncryptionEnabled": False, "transitEncryptionMode": None}, "in transit"),
    ({"atRestEncryptionEnabled": False}, "AtRestEncryptionEnabled"),
    ({"kmsKeyId": "arn:aws:kms:us-east-1:123456789012:key/none"}, "KMS key"),
    ({"snapshotWindow": "01:00-01:30"}, "60 minutes"),
    ({"snapshotRetentionLimit": 36}, "35"),
    ({"maintenanceWindow": "sun:01:30-sun:02:30"}, "overlap"),
    ({"replicationGroupId": "two--hyphens"}, "two--hyphens"),
    ({"replicationGroupId": "redis-state"}, "already exists"),
]
"""Inputs that differ from a valid group, and a part of the message."""

REFUSED_CALLS: list[tuple[str, dict[str, Any], str]] = [
    (
        "delete_cache_parameter_group",
        {"CacheParameterGroupName": "redis-redis7"},
        "InvalidCacheParameterGroupState",
    ),
    (
        "delete_cache_parameter_group",
        {"CacheParameterGroupName": "default.redis7"},
        "InvalidCacheParameterGroupState",
    ),
    (
        "delete_cache_subnet_group",
        {"CacheSubnetGroupName": "redis-cache"},
        "CacheSubnetGroupInUse",
    ),
    ("delete_user_group", {"UserGroupId": "redis-state"}, "InvalidUserGroupState"),
    ("delete_user", {"UserId": "redis-default"}, "DefaultUserAssociatedToUserGroup"),
    (
        "modify_user_group",
        {"UserGroupId": "redis-state", "UserIdsToRemove": ["redis-default"]},
        "DefaultUserRequired",
    ),
    (
        "create_user_group",
        {"UserGroupId": "other", "Engine": "redis", "UserIds": ["redis-limiter"]},
        "DefaultUserRequired",
    ),
    (
        "create_user",
        {
            "UserId": "short",
            "UserName": "short",
            "Engine": "redis",
            "AccessString": "on ~* +@all",
            "Passwords": ["too-short"],
        },
        "InvalidParameterValue",
    ),
    (
        "modify_user",
        {"UserId": "redis-limiter", "AccessString": "on ~* +nothing"},
        "InvalidParameterValue",
    ),
    (
        "modify_user",
        {"UserId": "redis-limiter", "AccessString": "everything"},
        "InvalidParameterValue",
    ),
    (
        "modify_cache_parameter_group",
        {
            "CacheParameterGroupName": "redis-redis7",
            "ParameterNameValues": [
                {"ParameterName": "maxmemory-policy", "ParameterValue": "never"}
            ],
        },
        "InvalidParameterValue",
    ),
    (
        "modify_cache_parameter_group",
        {
            "CacheParameterGroupName": "redis-redis7",
            "ParameterNameValues": [{"ParameterName": "maxmemory", "ParameterValue": "1"}],
        },
        "InvalidParameterValue",
    ),
]
"""Call, arguments, error code."""
