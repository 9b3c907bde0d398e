"""The estate's host with its role, and the volume that outlives it."""

from __future__ import annotations

from collections.abc import Callable

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
