"""The hosts that run in the emulated AWS, their volumes and their instance profiles."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import boto3

from ops.recovery.lookup import attachment_id

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
