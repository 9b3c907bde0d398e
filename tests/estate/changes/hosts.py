"""Changes by plain boto3 of hosts, their volumes and their instance profiles."""

from __future__ import annotations

from typing import Any

from sandbox.providers.wire import Properties
from tests.estate.changes.services import BY_HAND, Change, client


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


BY_TOKEN: dict[str, dict[str, Change]] = {
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
