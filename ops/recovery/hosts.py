"""Finds hosts, their volumes and their instance profiles."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping

from ops.recovery.request import Finder, Inputs, Place, carries

ALIVE = ("pending", "running", "stopping", "stopped")


def instance(place: Place, inputs: Inputs) -> Iterator[str]:
    states = [{"Name": "instance-state-name", "Values": list(ALIVE)}]
    for page in place.aws("ec2").get_paginator("describe_instances").paginate(Filters=states):
        for reservation in page["Reservations"]:
            for item in reservation["Instances"]:
                same = item["ImageId"] == inputs["ami"] and item.get("SubnetId") == inputs.get(
                    "subnetId", item.get("SubnetId")
                )
                if same and carries(item.get("Tags", ()), inputs.get("tags") or {}):
                    yield item["InstanceId"]


def volume(place: Place, inputs: Inputs) -> Iterator[str]:
    """A root device has no tags of a stack's; volumes without any can't be told apart."""
    for page in place.aws("ec2").get_paginator("describe_volumes").paginate():
        for item in page["Volumes"]:
            same = item["AvailabilityZone"] == inputs["availabilityZone"]
            if same and carries(item.get("Tags", ()), inputs.get("tags") or {}):
                yield item["VolumeId"]


def attachment_id(device: str, instance_id: str, volume_id: str) -> str:
    """AWS numbers no attachments: the provider's own id, a checksum of its parts."""
    return f"vai-{zlib.crc32(f'{device}-{instance_id}-{volume_id}-'.encode())}"


def attachment(place: Place, inputs: Inputs) -> Iterator[str]:
    wanted = inputs["volumeId"]
    for item in place.aws("ec2").describe_volumes(VolumeIds=[wanted])["Volumes"]:
        for part in item["Attachments"]:
            if part["InstanceId"] == inputs["instanceId"]:
                yield attachment_id(part["Device"], part["InstanceId"], wanted)


def profile(place: Place, inputs: Inputs) -> Iterator[str]:
    found = place.aws("iam").get_instance_profile(InstanceProfileName=inputs["name"])
    yield found["InstanceProfile"]["InstanceProfileName"]


FINDERS: Mapping[str, Finder] = {
    "aws:ec2/instance:Instance": instance,
    "aws:ebs/volume:Volume": volume,
    "aws:ec2/volumeAttachment:VolumeAttachment": attachment,
    "aws:iam/instanceProfile:InstanceProfile": profile,
}
