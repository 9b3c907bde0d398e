"""The ElastiCache part of the estate: a group of two nodes with users, parameters and logs."""

from __future__ import annotations

from collections.abc import Sequence

from tests.sandbox.providers.engine_client import Live, Make

PASSWORD = "a-password-of-the-estate"


def build(
    make: Make, prefix: str, subnets: Sequence[Live], group: Live, key: Live, log_group: Live
) -> None:
    subnet_group = make(
        "cache-subnets",
        "aws:elasticache/subnetGroup:SubnetGroup",
        name=f"{prefix}-cache",
        subnetIds=[subnet.id for subnet in reversed(subnets)],
    )
    parameters = make(
        "cache-parameters",
        "aws:elasticache/parameterGroup:ParameterGroup",
        name=f"{prefix}-redis7",
        family="redis7",
        parameters=[
            {"name": "maxmemory-policy", "value": "noeviction"},
            {"name": "timeout", "value": "0"},
        ],
    )
    users = [
        make(
            f"cache-user-{name}",
            "aws:elasticache/user:User",
            userId=f"{prefix}-{name}",
            userName=name,
            engine="redis",
            accessString=access,
            passwords=[PASSWORD],
        )
        for name, access in (
            ("default", "off ~keys* resetchannels -@all"),
            ("limiter", "on ~rl:* resetchannels -@all +get +set +ping +hello +auth"),
        )
    ]
    user_group = make(
        "cache-users",
        "aws:elasticache/userGroup:UserGroup",
        userGroupId=f"{prefix}-state",
        engine="redis",
        userIds=[user.id for user in reversed(users)],
    )
    make(
        "cache-group",
        "aws:elasticache/replicationGroup:ReplicationGroup",
        replicationGroupId=f"{prefix}-state",
        description="state",
        engine="redis",
        engineVersion="7.1",
        nodeType="cache.m7g.large",
        numCacheClusters=2,
        automaticFailoverEnabled=True,
        parameterGroupName=parameters.id,
        subnetGroupName=subnet_group.id,
        securityGroupIds=[group.id],
        port=6379,
        transitEncryptionEnabled=True,
        transitEncryptionMode="required",
        atRestEncryptionEnabled=True,
        kmsKeyId=key.state["arn"],
        userGroupIds=[user_group.id],
        logDeliveryConfigurations=[
            {
                "destination": log_group.id,
                "destinationType": "cloudwatch-logs",
                "logFormat": "json",
                "logType": log,
            }
            for log in ("slow-log", "engine-log")
        ],
        maintenanceWindow="sun:06:00-sun:07:00",
        snapshotRetentionLimit=7,
        snapshotWindow="01:00-02:00",
        autoMinorVersionUpgrade=True,
        finalSnapshotIdentifier=f"{prefix}-state-final",
        applyImmediately=True,
    )
