"""A ClickHouse node: an EC2 instance, which is replaced when its configuration changes, and its
data volume, which stays."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Any

import pulumi
from pulumi_aws import ebs, ec2

from components.clickhouse import config as clickhouse_config
from components.clickhouse import user_data
from components.clickhouse.config import Cluster, Limits
from components.clickhouse.iam import ClickhouseIam
from components.clickhouse.secrets import ClickhouseSecrets
from components.clickhouse.security_group import ClickhouseSecurityGroup
from components.clickhouse.user_data import BackupPlan, Host
from components.network.foundation_ref import FoundationRef, round_robin
from components.scope import StackScope
from components.storage.bucket import Bucket
from config.settings.clickhouse import ClickhouseSettings
from config.sizing import clickhouse
from config.sizing.clickhouse_nodes import Node
from database import events

DEVICE = "/dev/sdf"
"""The device name of the attachment. The host finds the volume by its id (user_data.py)."""
ROOT_GB = 20


@dataclass(frozen=True)
class HostDependencies:
    """Resources that must exist before a host is created, the same for all hosts."""

    network: FoundationRef
    hosts_group_id: pulumi.Input[str]
    """The security group of hosts that clients connect to."""
    nodes_group_id: pulumi.Input[str]
    """The security group of all nodes."""
    profile: pulumi.Input[str]
    """The name of the instance profile."""
    logins_arn: pulumi.Input[str]
    """The hosts' secret, which has all passwords."""
    logins_version: pulumi.Input[str]
    backups_bucket: pulumi.Input[str]
    """The name of the bucket."""

    @staticmethod
    def of(
        network: FoundationRef,
        security_groups: ClickhouseSecurityGroup,
        secrets: ClickhouseSecrets,
        role: ClickhouseIam,
        backups: Bucket,
    ) -> HostDependencies:
        return HostDependencies(
            network=network,
            hosts_group_id=security_groups.hosts_group_id,
            nodes_group_id=security_groups.nodes_group_id,
            profile=role.profile,
            logins_arn=secrets.hosts_arn,
            logins_version=secrets.version_id,
            backups_bucket=backups.name,
        )


@dataclass(frozen=True, kw_only=True)
class ClickhouseHostArgs:
    scope: StackScope
    settings: ClickhouseSettings
    cluster: Cluster
    node: Node
    dependencies: HostDependencies
    kms_key_arn: pulumi.Input[str]
    certificate_arn: pulumi.Input[str]


class ClickhouseHost(pulumi.ComponentResource):
    """An instance and, if the node holds data, a volume attached to it."""

    node: Node
    instance: ec2.Instance
    volume_id: pulumi.Output[str] | None
    """None for a node that runs Keeper only."""

    def __init__(
        self, name: str, args: ClickhouseHostArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseHost", name, None, opts)
        self.node = args.node
        volume = self._volume(name, args) if args.node.holds_data else None
        self.volume_id = volume.id if volume is not None else None
        self.instance = self._instance(name, args)
        if volume is not None:
            ec2.VolumeAttachment(
                name,
                device_name=DEVICE,
                instance_id=self.instance.id,
                volume_id=volume.id,
                # EC2 cannot detach a mounted volume from a running instance.
                stop_instance_before_detaching=True,
                opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
            )
        self.register_outputs({"instance_id": self.instance.id})

    def _volume(self, name: str, args: ClickhouseHostArgs) -> ebs.Volume:
        settings = args.settings
        # Renaming this resource replaces the node's data with an empty volume.
        return ebs.Volume(
            name,
            availability_zone=args.dependencies.network.zones(args.node.zone + 1)[args.node.zone],
            size=settings.volume.size_gb,
            type="gp3",
            iops=settings.volume.iops,
            throughput=settings.volume.throughput_mb_s,
            encrypted=True,
            kms_key_id=args.kms_key_arn,
            final_snapshot=settings.deletion_protection.enabled,
            tags={
                "Name": f"{args.scope.prefix}-{args.node.name}",
                "BackedUpBy": args.scope.prefix,  # AWS Backup selects volumes by this tag
            },
            opts=pulumi.ResourceOptions(parent=self, protect=settings.deletion_protection.enabled),
        )

    def _instance(self, name: str, args: ClickhouseHostArgs) -> ec2.Instance:
        settings, node, dependencies = args.settings, args.node, args.dependencies
        security_group_ids = [
            dependencies.nodes_group_id,
            *([dependencies.hosts_group_id] if node.holds_data else []),
        ]
        return ec2.Instance(
            name,
            ami=settings.ami,
            instance_type=settings.instance_type_of(node),
            subnet_id=pulumi.Output.from_input(dependencies.network.data_subnet_ids).apply(
                partial(round_robin, node.zone)
            ),
            associate_public_ip_address=False,
            vpc_security_group_ids=security_group_ids,
            iam_instance_profile=dependencies.profile,
            ebs_optimized=True,
            metadata_options=ec2.InstanceMetadataOptionsArgs(
                http_endpoint="enabled",
                http_tokens="required",
                http_put_response_hop_limit=1,
                instance_metadata_tags="disabled",
            ),
            root_block_device=ec2.InstanceRootBlockDeviceArgs(
                volume_size=ROOT_GB,
                volume_type="gp3",
                encrypted=True,
                kms_key_id=args.kms_key_arn,
                delete_on_termination=True,
            ),
            user_data=self._user_data(args),
            user_data_replace_on_change=True,
            tags={"Name": f"{args.scope.prefix}-{node.name}"},
            # The volume can be attached to one instance only, so the old one must go first.
            opts=pulumi.ResourceOptions(parent=self, delete_before_replace=True),
        )

    def _user_data(self, args: ClickhouseHostArgs) -> pulumi.Output[str]:
        dependencies = args.dependencies
        return pulumi.Output.all(
            packages_bucket=dependencies.network.packages_bucket,
            logins_arn=dependencies.logins_arn,
            certificate_arn=args.certificate_arn,
            backups_bucket=dependencies.backups_bucket,
            device_id=self.volume_id or "",
            version=dependencies.logins_version,
        ).apply(partial(_render_user_data, args))


def _render_user_data(args: ClickhouseHostArgs, outputs: dict[str, Any]) -> str:
    """The user data, from the arguments and the resolved outputs of other resources."""
    settings, node, region = args.settings, args.node, args.scope.region
    endpoint = f"https://{outputs['backups_bucket']}.s3.{region}.amazonaws.com/"
    memory = settings.memory_gib_of(node)
    limits = Limits(clickhouse.server_bytes(memory), clickhouse.query_bytes(memory))
    schema = events.schema(settings.events.retention_months) if node.holds_data else ""
    return user_data.render(
        Host(
            name=f"{args.scope.prefix}-{node.name}",
            region=region,
            version=settings.version,
            packages_bucket=outputs["packages_bucket"],
            packages=settings.packages.model_dump(by_alias=True),
            logins_arn=outputs["logins_arn"],
            certificate_arn=outputs["certificate_arn"],
            backup_endpoint=endpoint,
            server_xml=clickhouse_config.server(args.cluster, node, limits, endpoint),
            users_xml=clickhouse_config.users(limits),
            device_id=outputs["device_id"],
            schema=schema,
            backups=(
                BackupPlan(str(settings.backups.time), node.shard)
                if node.shard is not None and node.backs_up
                else None
            ),
            versions=(outputs["version"],),
        )
    )
