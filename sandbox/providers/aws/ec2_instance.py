"""Instances: hosts that a stack replaces rather than repairs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.providers.aws.ec2 import Ec2Resource
from sandbox.providers.aws.resource import ARN, PROVIDER, REGISTRY, TAGS
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties, has_unknown

USER_DATA_BYTES = 16 * 1024
ENDED = ("shutting-down", "terminated")
METADATA = {
    "httpEndpoint": "HttpEndpoint",
    "httpTokens": "HttpTokens",
    "httpPutResponseHopLimit": "HttpPutResponseHopLimit",
    "instanceMetadataTags": "InstanceMetadataTags",
}
ROOT = {
    "volumeSize": "VolumeSize",
    "volumeType": "VolumeType",
    "iops": "Iops",
    "throughput": "Throughput",
    "encrypted": "Encrypted",
    "kmsKeyId": "KmsKeyId",
    "deleteOnTermination": "DeleteOnTermination",
}
OF_ITS_CREATION = ("encrypted", "kmsKeyId")


class Instance(Ec2Resource):
    """`userData` is in place unless `userDataReplaceOnChange` says otherwise, as in the provider;
    of the root device only what encrypts it forces a replacement (ForceNew in ec2_instance.go)."""

    token = "aws:ec2/instance:Instance"
    cfn = "AWS::EC2::Instance"
    noun = "instance"
    describe_call = ("describe_instances", "InstanceIds", "Reservations")
    id_key = "InstanceId"
    absent = frozenset({"InvalidInstanceID.NotFound", "InvalidInstanceID.Malformed"})
    properties = {
        "ami": Property("ImageId", required=True, bound=True, replaces=REGISTRY),
        "instanceType": Property("InstanceType", required=True, bound=True),
        "subnetId": Property("SubnetId", computed=True, bound=True, replaces=REGISTRY),
        "privateIp": Property("PrivateIpAddress", computed=True, bound=True, replaces=REGISTRY),
        "associatePublicIpAddress": Property(computed=True, replaces=PROVIDER),
        "vpcSecurityGroupIds": Property(
            "SecurityGroupIds", computed=True, bound=True, unordered=True
        ),
        "iamInstanceProfile": Property(bound=True),
        "metadataOptions": Property(computed=True, bound=True),
        "ebsOptimized": Property("EbsOptimized", default=False, bound=True, replaces=PROVIDER),
        "userData": Property(
            bound=True, irreversible="a host reads it once, so hosts here are replaced instead"
        ),
        "userDataReplaceOnChange": Property(default=False),
        "rootBlockDevice": Property(computed=True),
        "tags": TAGS,
        "availabilityZone": Property(output=True),
        "privateDns": Property("PrivateDnsName", output=True),
        "instanceState": Property(output=True),
        "arn": ARN,
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        script = inputs.get("userData")
        if isinstance(script, str) and len(script.encode()) > USER_DATA_BYTES:
            found.append(("userData", f"{len(script.encode())} bytes; AWS takes {USER_DATA_BYTES}"))
        for name, known in (("metadataOptions", METADATA), ("rootBlockDevice", ROOT)):
            given = inputs.get(name)
            if isinstance(given, dict):
                found += [
                    (name, f"the sandbox does not know {key} in {name}")
                    for key in sorted(given.keys() - known.keys())
                ]
        return found

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        if name == "userData":
            return bool(inputs.get("userDataReplaceOnChange"))
        if name == "rootBlockDevice":
            old, new = state.get(name) or {}, inputs.get(name) or {}
            return any(new.get(key) != old.get(key) for key in OF_ITS_CREATION)
        return super().forces(name, state, inputs)

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "metadataOptions":  # AWS fills in what isn't stated
            return all(actual.get(key) == value for key, value in desired.items())
        return super().same(name, actual, desired)

    def call_create(self, aws: Aws, arguments: dict[str, Any], inputs: Properties) -> Created:
        ec2 = aws.client("ec2")
        if options := inputs.get("metadataOptions"):
            arguments["MetadataOptions"] = {METADATA[key]: options[key] for key in options}
        if root := inputs.get("rootBlockDevice"):
            device = {"DeviceName": "/dev/xvda", "Ebs": {ROOT[key]: root[key] for key in root}}
            arguments["BlockDeviceMappings"] = [device]
        if profile := inputs.get("iamInstanceProfile"):
            arguments["IamInstanceProfile"] = {"Name": profile}
        if script := inputs.get("userData"):
            arguments["UserData"] = script
        if inputs.get("associatePublicIpAddress") is not None:
            arguments["NetworkInterfaces"] = [
                {
                    "DeviceIndex": 0,
                    "AssociatePublicIpAddress": inputs["associatePublicIpAddress"],
                    "SubnetId": arguments.pop("SubnetId"),
                    "Groups": arguments.pop("SecurityGroupIds", []),
                    **(
                        {"PrivateIpAddress": arguments.pop("PrivateIpAddress")}
                        if "PrivateIpAddress" in arguments
                        else {}
                    ),
                }
            ]
        answer = ec2.run_instances(MinCount=1, MaxCount=1, **arguments)
        return Created(answer["Instances"][0]["InstanceId"])

    def described(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        reservation = super().described(aws, resource_id)
        if not reservation or not reservation["Instances"]:
            return None
        item: dict[str, Any] = reservation["Instances"][0]
        return None if item["State"]["Name"] in ENDED else item

    def details(self, aws: Aws, resource_id: str, item: dict[str, Any]) -> Properties:
        ec2 = aws.client("ec2")
        options = item.get("MetadataOptions", {})
        script = ec2.describe_instance_attribute(InstanceId=resource_id, Attribute="userData")
        encoded = script.get("UserData", {}).get("Value")
        profile = self._association(aws, resource_id)
        return {
            "vpcSecurityGroupIds": [group["GroupId"] for group in item["SecurityGroups"]],
            "iamInstanceProfile": (
                profile["IamInstanceProfile"]["Arn"].rpartition("/")[2] if profile else None
            ),
            "metadataOptions": {
                ours: options[theirs] for ours, theirs in METADATA.items() if theirs in options
            },
            "userData": base64.b64decode(encoded).decode() if encoded else None,
            "availabilityZone": item["Placement"]["AvailabilityZone"],
            "instanceState": item["State"]["Name"],
            "arn": aws.arn("ec2", f"instance/{resource_id}"),
        }

    def change(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        ec2 = aws.client("ec2")
        if "vpcSecurityGroupIds" in changed:
            ec2.modify_instance_attribute(
                InstanceId=resource_id, Groups=inputs["vpcSecurityGroupIds"]
            )
        if "metadataOptions" in changed:
            options = inputs["metadataOptions"]
            ec2.modify_instance_metadata_options(
                InstanceId=resource_id, **{METADATA[key]: options[key] for key in options}
            )
        if "iamInstanceProfile" in changed:
            self._associate(aws, resource_id, inputs.get("iamInstanceProfile"))
        if "rootBlockDevice" in changed and not has_unknown(inputs["rootBlockDevice"]):
            self._resize_root(aws, resource_id, inputs["rootBlockDevice"])
        if changed & {"instanceType", "userData"}:
            self._change_stopped(aws, resource_id, inputs, changed)

    def _change_stopped(
        self, aws: Aws, resource_id: str, inputs: Properties, changed: frozenset[str]
    ) -> None:
        modify = aws.client("ec2").modify_instance_attribute
        with stopped(aws, resource_id):
            if "instanceType" in changed:
                modify(InstanceId=resource_id, InstanceType={"Value": inputs["instanceType"]})
            if "userData" in changed:
                script = base64.b64encode((inputs.get("userData") or "").encode())
                modify(InstanceId=resource_id, UserData={"Value": script})

    def _resize_root(self, aws: Aws, resource_id: str, root: dict[str, Any]) -> None:
        item = self.described(aws, resource_id) or {}
        wanted = {
            name: root[key]
            for key, name in (
                *(("volumeSize", "Size"), ("volumeType", "VolumeType")),
                *(("iops", "Iops"), ("throughput", "Throughput")),
            )
            if key in root
        }
        for device in item.get("BlockDeviceMappings", ()):
            if wanted and device["DeviceName"] == "/dev/xvda":
                aws.client("ec2").modify_volume(VolumeId=device["Ebs"]["VolumeId"], **wanted)

    def _association(self, aws: Aws, resource_id: str) -> dict[str, Any] | None:
        answer = aws.client("ec2").describe_iam_instance_profile_associations(
            Filters=[{"Name": "instance-id", "Values": [resource_id]}]
        )
        found: list[dict[str, Any]] = answer["IamInstanceProfileAssociations"]
        return found[0] if found else None

    def _associate(self, aws: Aws, resource_id: str, profile: str | None) -> None:
        ec2, now = aws.client("ec2"), self._association(aws, resource_id)
        if profile and now:
            ec2.replace_iam_instance_profile_association(
                AssociationId=now["AssociationId"], IamInstanceProfile={"Name": profile}
            )
        elif profile:
            ec2.associate_iam_instance_profile(
                InstanceId=resource_id, IamInstanceProfile={"Name": profile}
            )
        elif now:
            ec2.disassociate_iam_instance_profile(AssociationId=now["AssociationId"])

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            if self.described(aws, resource_id) is None:
                raise NotFound(resource_id)
            aws.client("ec2").terminate_instances(InstanceIds=[resource_id])


@contextmanager
def stopped(aws: Aws, instance_id: str) -> Iterator[None]:
    """The instance stands still: EC2 changes some attributes at no other time."""
    ec2 = aws.client("ec2")
    ec2.stop_instances(InstanceIds=[instance_id])
    try:
        yield
    finally:
        ec2.start_instances(InstanceIds=[instance_id])


RESOURCE_TYPES = (Instance(),)
