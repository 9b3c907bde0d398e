"""The ElastiCache part of the estate: a group of two nodes with users, parameters and logs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import boto3

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, client
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


def _redis() -> Any:
    return client("elasticache")


def _tagged(state: Properties) -> None:
    _redis().add_tags_to_resource(
        ResourceName=state["arn"], Tags=[{"Key": "Project", "Value": BY_HAND}]
    )


def _group(**to: Any) -> Change:
    def change(state: Properties) -> None:
        arguments = {key: value(state) if callable(value) else value for key, value in to.items()}
        _redis().modify_replication_group(
            ReplicationGroupId=state["replicationGroupId"], ApplyImmediately=True, **arguments
        )

    return change


def _new_parameter_group(state: Properties) -> str:
    name = f"{state['replicationGroupId']}-by-hand"
    _redis().create_cache_parameter_group(
        CacheParameterGroupName=name, CacheParameterGroupFamily="redis7", Description=BY_HAND
    )
    return name


def _new_security_group(state: Properties) -> list[str]:
    ec2 = client("ec2")
    now = ec2.describe_security_groups(GroupIds=state["securityGroupIds"])["SecurityGroups"]
    made = ec2.create_security_group(
        GroupName=f"by-hand-of-{state['replicationGroupId']}",
        Description="by hand",
        VpcId=now[0]["VpcId"],
    )
    return [made["GroupId"]]


def _one_more_node(state: Properties) -> None:
    _redis().increase_replica_count(
        ReplicationGroupId=state["replicationGroupId"],
        NewReplicaCount=state["numCacheClusters"],
        ApplyImmediately=True,
    )


def _parameter(state: Properties) -> None:
    _redis().modify_cache_parameter_group(
        CacheParameterGroupName=state["name"],
        ParameterNameValues=[{"ParameterName": "timeout", "ParameterValue": "60"}],
    )


def _one_user_less(state: Properties) -> None:
    users = [user for user in state["userIds"] if not user.endswith("-default")]
    _redis().modify_user_group(UserGroupId=state["userGroupId"], UserIdsToRemove=users[:1])


CHANGES: dict[str, dict[str, Change]] = {
    "aws:elasticache/subnetGroup:SubnetGroup": {
        "description": lambda state: _redis().modify_cache_subnet_group(
            CacheSubnetGroupName=state["name"], CacheSubnetGroupDescription=BY_HAND
        ),
        "subnetIds": lambda state: _redis().modify_cache_subnet_group(
            CacheSubnetGroupName=state["name"], SubnetIds=sorted(state["subnetIds"])[:-1]
        ),
        "tags": _tagged,
    },
    "aws:elasticache/parameterGroup:ParameterGroup": {"parameters": _parameter, "tags": _tagged},
    "aws:elasticache/user:User": {
        "accessString": lambda state: _redis().modify_user(
            UserId=state["userId"], AccessString="on ~* +@all"
        ),
        "tags": _tagged,
    },
    "aws:elasticache/userGroup:UserGroup": {"userIds": _one_user_less, "tags": _tagged},
    "aws:elasticache/replicationGroup:ReplicationGroup": {
        "description": _group(ReplicationGroupDescription=BY_HAND),
        "nodeType": _group(CacheNodeType="cache.r7g.xlarge"),
        "numCacheClusters": _one_more_node,
        "automaticFailoverEnabled": _group(AutomaticFailoverEnabled=False),
        "multiAzEnabled": _group(MultiAZEnabled=lambda state: not state["multiAzEnabled"]),
        "parameterGroupName": _group(CacheParameterGroupName=_new_parameter_group),
        "securityGroupIds": _group(SecurityGroupIds=_new_security_group),
        "transitEncryptionMode": _group(
            TransitEncryptionEnabled=True, TransitEncryptionMode="preferred"
        ),
        "userGroupIds": _group(UserGroupIdsToRemove=lambda state: state["userGroupIds"]),
        "logDeliveryConfigurations": _group(
            LogDeliveryConfigurations=[{"LogType": "slow-log", "Enabled": False}]
        ),
        "maintenanceWindow": _group(PreferredMaintenanceWindow="mon:08:00-mon:09:00"),
        "snapshotRetentionLimit": _group(
            SnapshotRetentionLimit=lambda state: state["snapshotRetentionLimit"] + 1
        ),
        "snapshotWindow": _group(SnapshotWindow="03:00-04:00"),
        "autoMinorVersionUpgrade": _group(AutoMinorVersionUpgrade=False),
        "tags": _tagged,
    },
}


REGION = "us-east-1"


def _ids(call: str, key: str, name: str) -> Callable[[], set[str]]:
    def found() -> set[str]:
        items = getattr(boto3.client("elasticache", region_name=REGION), call)()[key]
        return {item[name] for item in items if not item[name].startswith("default")}

    return found


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:elasticache/subnetGroup:SubnetGroup": _ids(
        "describe_cache_subnet_groups", "CacheSubnetGroups", "CacheSubnetGroupName"
    ),
    "aws:elasticache/parameterGroup:ParameterGroup": _ids(
        "describe_cache_parameter_groups", "CacheParameterGroups", "CacheParameterGroupName"
    ),
    "aws:elasticache/user:User": _ids("describe_users", "Users", "UserId"),
    "aws:elasticache/userGroup:UserGroup": _ids(
        "describe_user_groups", "UserGroups", "UserGroupId"
    ),
    "aws:elasticache/replicationGroup:ReplicationGroup": _ids(
        "describe_replication_groups", "ReplicationGroups", "ReplicationGroupId"
    ),
}
