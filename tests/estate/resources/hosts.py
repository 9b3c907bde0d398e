"""The estate's host with its role, and the volume that outlives it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from ops.recovery.lookup import attachment_id
from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, client
from tests.sandbox.providers.engine_client import Live


def build(
    make: Callable[..., Live], prefix: str, key_arn: str, subnet: Live, group: Live, role: Live
) -> None:
    profile = make(
        "profile", "aws:iam/instanceProfile:InstanceProfile", name=f"{prefix}-host", role=role.id
    )
    host = make(
        "host",
        "aws:ec2/instance:Instance",
        ami="ami-0abcdef1234567890",
        instanceType="r6g.large",
        subnetId=subnet.id,
        associatePublicIpAddress=False,
        vpcSecurityGroupIds=[group.id],
        iamInstanceProfile=profile.id,
        metadataOptions={"httpTokens": "required", "httpPutResponseHopLimit": 1},
        ebsOptimized=True,
        userData="#!/bin/bash\ntrue\n",
        rootBlockDevice={"volumeSize": 20, "volumeType": "gp3", "encrypted": True},
        tags={"Name": f"{prefix}-host"},
    )
    volume = make(
        "volume",
        "aws:ebs/volume:Volume",
        availabilityZone=host.state["availabilityZone"],
        size=100,
        type="gp3",
        iops=3000,
        throughput=125,
        encrypted=True,
        kmsKeyId=key_arn,
        tags={"Name": f"{prefix}-data"},
    )
    make(
        "volume-attachment",
        "aws:ec2/volumeAttachment:VolumeAttachment",
        deviceName="/dev/sdf",
        instanceId=host.id,
        volumeId=volume.id,
        stopInstanceBeforeDetaching=True,
    )


def _tagged(state: Properties) -> None:
    client("ec2").create_tags(Resources=[state["id"]], Tags=[{"Key": "Project", "Value": BY_HAND}])


def _stopped(**to: Any) -> Change:
    def change(state: Properties) -> None:
        ec2 = client("ec2")
        ec2.stop_instances(InstanceIds=[state["id"]])
        ec2.modify_instance_attribute(InstanceId=state["id"], **to)
        ec2.start_instances(InstanceIds=[state["id"]])

    return change


def _other_group(state: Properties) -> None:
    ec2 = client("ec2")
    group = ec2.describe_security_groups(GroupIds=state["vpcSecurityGroupIds"][:1])
    other = ec2.describe_security_groups(
        Filters=[
            {"Name": "vpc-id", "Values": [group["SecurityGroups"][0]["VpcId"]]},
            {"Name": "group-name", "Values": ["default"]},
        ]
    )
    groups = [other["SecurityGroups"][0]["GroupId"]]
    ec2.modify_instance_attribute(InstanceId=state["id"], Groups=groups)


def _no_profile(state: Properties) -> None:
    ec2 = client("ec2")
    found = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [state["id"]]}]
    )
    for association in found["IamInstanceProfileAssociations"]:
        ec2.disassociate_iam_instance_profile(AssociationId=association["AssociationId"])


def _volume(**to: Any) -> Change:
    return lambda state: client("ec2").modify_volume(VolumeId=state["id"], **to)


CHANGES: dict[str, dict[str, Change]] = {
    "aws:ec2/instance:Instance": {
        "instanceType": _stopped(InstanceType={"Value": "r6g.8xlarge"}),
        "vpcSecurityGroupIds": _other_group,
        "iamInstanceProfile": _no_profile,
        "metadataOptions": lambda state: client("ec2").modify_instance_metadata_options(
            InstanceId=state["id"], HttpTokens="optional"
        ),
        "tags": _tagged,
    },
    "aws:ebs/volume:Volume": {
        "type": _volume(VolumeType="gp2"),
        "iops": _volume(Iops=5000),
        "throughput": _volume(Throughput=300),
        "tags": _tagged,
    },
    "aws:ec2/volumeAttachment:VolumeAttachment": {},
    "aws:iam/instanceProfile:InstanceProfile": {
        "role": lambda state: client("iam").remove_role_from_instance_profile(
            InstanceProfileName=state["name"], RoleName=state["role"]
        ),
        "tags": lambda state: client("iam").tag_instance_profile(
            InstanceProfileName=state["name"], Tags=[{"Key": "Project", "Value": BY_HAND}]
        ),
    },
}


REGION = "us-east-1"


def _hosts() -> list[dict[str, Any]]:
    answer = boto3.client("ec2", region_name=REGION).describe_instances(
        Filters=[
            {"Name": "instance-state-name", "Values": ["pending", "running", "stopping", "stopped"]}
        ]
    )
    return [item for reservation in answer["Reservations"] for item in reservation["Instances"]]


def _volumes() -> list[dict[str, Any]]:
    """Those that somebody made: not the root devices that come with the hosts."""
    roots = {
        device["Ebs"]["VolumeId"]
        for host in _hosts()
        for device in host["BlockDeviceMappings"]
        if device["DeviceName"] in ("/dev/xvda", host["RootDeviceName"])
    }
    listed = boto3.client("ec2", region_name=REGION).describe_volumes()["Volumes"]
    return [volume for volume in listed if volume["VolumeId"] not in roots]


def _profiles() -> set[str]:
    listed = boto3.client("iam", region_name=REGION).list_instance_profiles()["InstanceProfiles"]
    return {profile["InstanceProfileName"] for profile in listed}


INVENTORY: dict[str, Callable[[], set[str]]] = {
    "aws:ec2/instance:Instance": lambda: {host["InstanceId"] for host in _hosts()},
    "aws:ebs/volume:Volume": lambda: {volume["VolumeId"] for volume in _volumes()},
    "aws:ec2/volumeAttachment:VolumeAttachment": lambda: {
        attachment_id(part["Device"], part["InstanceId"], part["VolumeId"])
        for volume in _volumes()
        for part in volume["Attachments"]
    },
    "aws:iam/instanceProfile:InstanceProfile": _profiles,
}
