"""Hosts and volumes over the real protocol: what EC2 refuses, and what a change replaces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import boto3
import pytest

from sandbox.emulator import client
from sandbox.providers.aws.__main__ import PROVIDER
from tests.sandbox.providers.engine_client import Engine, Live, ProviderError, engine

INSTANCE = "aws:ec2/instance:Instance"
VOLUME = "aws:ebs/volume:Volume"
ATTACHMENT = "aws:ec2/volumeAttachment:VolumeAttachment"
GP3 = {"availabilityZone": "us-east-1a", "size": 100, "type": "gp3"}


@pytest.fixture(scope="module")
def aws(emulator: client.Emulator) -> Iterator[Engine]:
    with engine(PROVIDER, region="us-east-1") as speaking:
        yield speaking


@pytest.fixture(scope="module")
def subnet(aws: Engine) -> str:
    vpc = aws.create("aws:ec2/vpc:Vpc", {"cidrBlock": "10.0.0.0/16"})
    place = {"vpcId": vpc.id, "cidrBlock": "10.0.1.0/24", "availabilityZone": "us-east-1a"}
    return aws.create("aws:ec2/subnet:Subnet", place).id


def inputs(subnet: str, **changes: Any) -> dict[str, Any]:
    return {
        "ami": "ami-0abcdef1234567890",
        "instanceType": "r6g.large",
        "subnetId": subnet,
        "userData": "#!/bin/bash\ntrue\n",
        "rootBlockDevice": {"volumeSize": 20, "volumeType": "gp3", "encrypted": True},
        **changes,
    }


@pytest.fixture(scope="module")
def host(aws: Engine, subnet: str) -> Live:
    return aws.create(INSTANCE, inputs(subnet))


def test_user_data_replaces_a_host_only_where_the_program_says_so(
    aws: Engine, subnet: str, host: Live
) -> None:
    other = "#!/bin/bash\nfalse\n"
    assert aws.diff(host, inputs(subnet, userData=other)) == ({"userData"}, set())
    _, replaced = aws.diff(host, inputs(subnet, userData=other, userDataReplaceOnChange=True))
    assert replaced == {"userData"}


@pytest.mark.parametrize(
    ("change", "replaces"),
    [
        ({"ami": "ami-0fedcba9876543210"}, True),
        ({"instanceType": "r6g.xlarge"}, False),
        ({"rootBlockDevice": {"volumeSize": 40, "volumeType": "gp3", "encrypted": True}}, False),
        ({"rootBlockDevice": {"volumeSize": 20, "volumeType": "gp3", "encrypted": False}}, True),
        ({"associatePublicIpAddress": False}, True),
    ],
    ids=["image", "type", "larger root device", "unencrypted root device", "public address"],
)
def test_what_makes_another_host_of_it(
    aws: Engine, subnet: str, host: Live, change: dict[str, Any], replaces: bool
) -> None:
    changed, replaced = aws.diff(host, inputs(subnet, **change))
    assert changed
    assert bool(replaced) is replaces


def test_user_data_beyond_16_kb_and_unknown_parts_are_refused(aws: Engine, subnet: str) -> None:
    _, failures = aws.check(INSTANCE, inputs(subnet, userData="x" * 16385))
    assert "16384" in failures["userData"]
    _, failures = aws.check(INSTANCE, inputs(subnet, metadataOptions={"httpToken": "required"}))
    assert "httpToken" in failures["metadataOptions"]


def test_a_running_host_keeps_its_type(host: Live) -> None:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    with pytest.raises(ec2.exceptions.ClientError, match="IncorrectInstanceState"):
        ec2.modify_instance_attribute(InstanceId=host.id, InstanceType={"Value": "r6g.xlarge"})


def test_a_type_is_changed_while_the_host_stands_still(aws: Engine, subnet: str) -> None:
    live = aws.create(INSTANCE, inputs(subnet))
    larger = aws.update(live, inputs(subnet, instanceType="r6g.xlarge"))
    assert (larger.state["instanceType"], larger.state["instanceState"]) == (
        "r6g.xlarge",
        "running",
    )


def test_a_running_host_is_never_without_a_profile_while_it_gets_another(
    aws: Engine, subnet: str
) -> None:
    profiles = [
        aws.create("aws:iam/instanceProfile:InstanceProfile", {"name": name}).id
        for name in ("one", "another")
    ]
    live = aws.create(INSTANCE, inputs(subnet, iamInstanceProfile=profiles[0]))
    before = associations(live)
    live = aws.update(live, inputs(subnet, iamInstanceProfile=profiles[1]))
    assert live.state["iamInstanceProfile"] == profiles[1]
    # one that was disassociated and made anew would have another id
    assert associations(live) == before
    live = aws.update(live, inputs(subnet))
    assert associations(live) == []
    live = aws.update(live, inputs(subnet, iamInstanceProfile=profiles[0]))
    assert live.state["iamInstanceProfile"] == profiles[0]


def associations(host: Live) -> list[str]:
    ec2 = boto3.client("ec2", region_name="us-east-1")
    found = ec2.describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [host.id]}]
    )
    return [each["AssociationId"] for each in found["IamInstanceProfileAssociations"]]


@pytest.mark.parametrize(
    ("figures", "said"),
    [
        ({"iops": 17000}, "out of range"),
        ({"size": 10, "iops": 6000}, "ratio"),
        ({"throughput": 1000}, "Throughput"),
    ],
    ids=["too many IOPS", "too many IOPS for the size", "too much throughput for the IOPS"],
)
def test_figures_that_gp3_has_not_are_refused(
    aws: Engine, figures: dict[str, int], said: str
) -> None:
    with pytest.raises(ProviderError, match=said):
        aws.create(VOLUME, {**GP3, **figures})


def test_a_volume_grows_but_never_shrinks(aws: Engine) -> None:
    volume = aws.create(VOLUME, GP3)
    grown = aws.update(volume, {**GP3, "size": 200})
    assert grown.state["size"] == 200
    with pytest.raises(ProviderError, match="smaller"):
        aws.update(grown, GP3)


def test_a_volume_stays_in_its_zone_and_with_its_key(aws: Engine) -> None:
    volume = aws.create(VOLUME, {**GP3, "encrypted": True})
    _, replaced = aws.diff(volume, {**GP3, "encrypted": True, "availabilityZone": "us-east-1b"})
    assert replaced == {"availabilityZone"}
    _, replaced = aws.diff(volume, {**GP3, "encrypted": False})
    assert replaced == {"encrypted"}


def test_a_volume_of_another_zone_is_not_attached(aws: Engine, host: Live) -> None:
    elsewhere = aws.create(VOLUME, {**GP3, "availabilityZone": "us-east-1b"})
    wanted = {"deviceName": "/dev/sdf", "instanceId": host.id, "volumeId": elsewhere.id}
    with pytest.raises(ProviderError, match="ZoneMismatch"):
        aws.create(ATTACHMENT, wanted)


def test_a_volume_outlives_its_host_and_serves_the_next(aws: Engine, subnet: str) -> None:
    first, volume = aws.create(INSTANCE, inputs(subnet)), aws.create(VOLUME, GP3)
    wanted = {
        "deviceName": "/dev/sdf",
        "volumeId": volume.id,
        "stopInstanceBeforeDetaching": True,
    }
    attached = aws.create(ATTACHMENT, {**wanted, "instanceId": first.id})
    with pytest.raises(ProviderError, match="VolumeInUse"):
        aws.delete(volume)
    second = aws.create(INSTANCE, inputs(subnet))
    with pytest.raises(ProviderError, match="VolumeInUse"):
        aws.create(ATTACHMENT, {**wanted, "instanceId": second.id})
    aws.delete(attached)
    aws.delete(first)
    assert aws.read(first) is None
    assert aws.drift(volume) == set()
    assert aws.drift(aws.create(ATTACHMENT, {**wanted, "instanceId": second.id})) == set()
