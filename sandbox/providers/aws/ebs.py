"""Volumes and what attaches them: data that outlives its host."""

from __future__ import annotations

import zlib
from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import ARN, PROVIDER, REGISTRY, TAGS, AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_SOURCE = f"{PROVIDER} (ebs_volume.go)"
ABSENT = frozenset({"InvalidVolume.NotFound", "InvalidInstanceID.NotFound"})


class Volume(Ec2Resource):
    """CloudFormation calls nothing of it createOnly and refuses such changes instead."""

    token = "aws:ebs/volume:Volume"
    cfn = "AWS::EC2::Volume"
    noun = "volume"
    describe_call = ("describe_volumes", "VolumeIds", "Volumes")
    id_key = "VolumeId"
    absent = ABSENT
    properties = {
        "availabilityZone": Property(
            "AvailabilityZone", required=True, bound=True, replaces=_SOURCE
        ),
        "size": Property("Size", computed=True, bound=True, irreversible="volumes never shrink"),
        "type": Property("VolumeType", computed=True, bound=True),
        "iops": Property("Iops", computed=True, bound=True),
        "throughput": Property("Throughput", computed=True, bound=True),
        "encrypted": Property("Encrypted", computed=True, bound=True, replaces=_SOURCE),
        "kmsKeyId": Property("KmsKeyId", computed=True, bound=True, replaces=_SOURCE),
        "snapshotId": Property("SnapshotId", computed=True, replaces=_SOURCE),
        "finalSnapshot": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
    }

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        return Created(aws.client("ec2").create_volume(**arguments)["VolumeId"])

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        return {"arn": aws.arn("ec2", f"volume/{resource_id}")}

    def change(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        wanted = self.arguments(inputs, changed & {"size", "type", "iops", "throughput"})
        if wanted:
            aws.client("ec2").modify_volume(VolumeId=resource_id, **wanted)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        ec2 = aws.client("ec2")
        with self.existing():
            if state.get("finalSnapshot"):
                ec2.create_snapshot(VolumeId=resource_id)
            ec2.delete_volume(VolumeId=resource_id)


class VolumeAttachment(AwsResourceType):
    token = "aws:ec2/volumeAttachment:VolumeAttachment"
    cfn = "AWS::EC2::VolumeAttachment"
    service = "ec2"
    absent = ABSENT
    properties = {
        "deviceName": Property("Device", required=True, bound=True, replaces=REGISTRY),
        "instanceId": Property("InstanceId", required=True, bound=True, replaces=REGISTRY),
        "volumeId": Property("VolumeId", required=True, bound=True, replaces=REGISTRY),
        "forceDetach": Property(default=False),
        "skipDestroy": Property(default=False),
        "stopInstanceBeforeDetaching": Property(default=False),
    }

    @staticmethod
    def id_of(device: str, instance: str, volume: str) -> str:
        """AWS numbers no attachments: the provider's own id, a checksum of its parts."""
        return f"vai-{zlib.crc32(f'{device}-{instance}-{volume}-'.encode())}"

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = self.arguments(inputs)
        aws.client("ec2").attach_volume(**arguments)
        return Created(self.id_of(inputs["deviceName"], inputs["instanceId"], inputs["volumeId"]))

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("ec2").describe_volumes(VolumeIds=[state["volumeId"]])
        for item in answer["Volumes"][0]["Attachments"]:
            parts = item["Device"], item["InstanceId"], item["VolumeId"]
            if self.id_of(*parts) == resource_id:
                return dict(zip(("deviceName", "instanceId", "volumeId"), parts, strict=True))
        return None

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """How it is detached is the provider's own affair."""

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        if state.get("skipDestroy"):
            return
        ec2 = aws.client("ec2")
        with self.existing():
            if state.get("stopInstanceBeforeDetaching"):
                ec2.stop_instances(InstanceIds=[state["instanceId"]])
            ec2.detach_volume(
                VolumeId=state["volumeId"],
                InstanceId=state["instanceId"],
                Device=state["deviceName"],
                Force=bool(state.get("forceDetach")),
            )


RESOURCE_TYPES = (Volume(), VolumeAttachment())
