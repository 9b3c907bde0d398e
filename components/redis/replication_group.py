"""A Redis replication group with its parameter group, user group and log groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, elasticache

from components.redis.security_group import PORT
from components.redis.users import ENGINE
from config.settings.redis import Purpose, RedisSettings

LOGS = ("slow-log", "engine-log")
DESCRIPTIONS: Mapping[Purpose, str] = {
    "cache": "Cached values, evicted by their use",
    "state": "Sessions and rate limits, never evicted",
}


@dataclass(frozen=True, kw_only=True)
class RedisReplicationGroupArgs:
    prefix: str
    purpose: Purpose
    settings: RedisSettings
    subnet_group: pulumi.Input[str]
    """The name of the subnet group."""
    security_group_id: pulumi.Input[str]
    user_ids: Sequence[pulumi.Input[str]]
    """Ids of the users, one of which must have the name default."""
    kms_key_arn: pulumi.Input[str]
    logs_key_arn: pulumi.Input[str]
    name_suffix: pulumi.Input[str]
    """The end of the final snapshot's name. It must change whenever the group is replaced, because
    the earlier group's final snapshot keeps its name."""


class RedisReplicationGroup(pulumi.ComponentResource):
    """A replication group with encryption in transit and at rest, and access by user group."""

    group: elasticache.ReplicationGroup

    def __init__(
        self, name: str, args: RedisReplicationGroupArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:redis:RedisReplicationGroup", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, group = args.settings, args.settings.groups[args.purpose]
        identifier = f"{args.prefix}-{args.purpose}"
        family = settings.parameter_group_family
        # The name contains the family: a major upgrade creates the new parameter group before it
        # deletes the old one, which is still in use.
        parameters = elasticache.ParameterGroup(
            name,
            name=f"{identifier}-{family}",
            family=family,
            description=f"Parameters of {identifier}",
            parameters=[
                elasticache.ParameterGroupParameterArgs(name=key, value=value)
                for key, value in sorted(group.effective_parameters.items())
            ],
            opts=child,
        )
        users = elasticache.UserGroup(
            name,
            user_group_id=identifier,
            engine=ENGINE,
            user_ids=args.user_ids,
            opts=child,
        )
        logs = {
            log: cloudwatch.LogGroup(
                f"{name}-{log}",
                name=f"/aws/elasticache/{identifier}/{log}",
                retention_in_days=settings.log_retention_days,
                kms_key_id=args.logs_key_arn,
                opts=child,
            )
            for log in LOGS
        }
        snapshots = group.snapshots
        # Renaming this resource replaces the group with an empty one.
        self.group = elasticache.ReplicationGroup(
            name,
            replication_group_id=identifier,
            description=DESCRIPTIONS[args.purpose],
            engine=ENGINE,
            # Without a patch version ("7.1.0"), which would show up as a permanent difference.
            engine_version=settings.engine_version,
            auto_minor_version_upgrade=True,
            node_type=group.node_type,
            num_cache_clusters=group.nodes,
            automatic_failover_enabled=group.replicated,
            multi_az_enabled=group.replicated,
            parameter_group_name=parameters.name,
            subnet_group_name=args.subnet_group,
            security_group_ids=[args.security_group_id],
            port=PORT,
            transit_encryption_enabled=True,
            transit_encryption_mode="required",
            at_rest_encryption_enabled=True,
            kms_key_id=args.kms_key_arn,
            user_group_ids=[users.user_group_id],
            log_delivery_configurations=[
                elasticache.ReplicationGroupLogDeliveryConfigurationArgs(
                    destination=log_group.name,
                    destination_type="cloudwatch-logs",
                    log_format="json",
                    log_type=log,
                )
                for log, log_group in logs.items()
            ],
            maintenance_window=str(settings.maintenance_window),
            snapshot_retention_limit=snapshots.retention_days if snapshots else 0,
            snapshot_window=str(snapshots.window) if snapshots else None,
            final_snapshot_identifier=(
                pulumi.Output.format("{0}-final-{1}", identifier, args.name_suffix)
                if snapshots
                else None
            ),
            apply_immediately=settings.apply_immediately,
            opts=pulumi.ResourceOptions(parent=self, protect=settings.deletion_protection.enabled),
        )
        self.register_outputs({"identifier": self.group.replication_group_id})
