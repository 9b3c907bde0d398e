"""Instances: hosts that a stack replaces rather than repairs."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.providers.aws.operations import Operation, Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.wire import Properties, has_unknown

USER_DATA_BYTES = 16 * 1024
ROOT_DEVICE = "/dev/xvda"
PARTS = {
    "metadataOptions": {
        *("httpEndpoint", "httpTokens", "httpPutResponseHopLimit", "instanceMetadataTags"),
    },
    "rootBlockDevice": {
        *("volumeSize", "volumeType", "iops", "throughput", "encrypted", "kmsKeyId"),
        "deleteOnTermination",
    },
}
"""What the sandbox knows of the nested properties."""
OF_ITS_CREATION = ("encrypted", "kmsKeyId")
_RESIZED = {"volumeSize": "Size", "volumeType": "VolumeType", "iops": "Iops"}
_RESIZED |= {"throughput": "Throughput"}


class Instance(AwsResourceType):
    """`userData` is updated in place unless `userDataReplaceOnChange` is set, as in the provider;
    of the root device only its encryption forces a replacement (ForceNew in ec2_instance.go)."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        script = inputs.get("userData")
        if isinstance(script, str) and len(script.encode()) > USER_DATA_BYTES:
            found.append(("userData", f"{len(script.encode())} bytes; AWS takes {USER_DATA_BYTES}"))
        return found + [
            (name, f"the sandbox does not know {key} in {name}")
            for name, known in PARTS.items()
            if isinstance(inputs.get(name), dict)
            for key in sorted(inputs[name].keys() - known)
        ]

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        if name == "userData":
            return bool(inputs.get("userDataReplaceOnChange"))
        if name == "rootBlockDevice":
            old, new = state.get(name) or {}, inputs.get(name) or {}
            return any(new.get(key) != old.get(key) for key in OF_ITS_CREATION)
        return super().forces(name, state, inputs)

    def creation(self, scope: Scope, call: Operation) -> dict[str, Any]:
        inputs, arguments = scope.values, super().creation(scope, call)
        if root := inputs.get("rootBlockDevice"):
            arguments["BlockDeviceMappings"] = [{"DeviceName": ROOT_DEVICE, "Ebs": root}]
        if profile := inputs.get("iamInstanceProfile"):
            arguments["IamInstanceProfile"] = {"Name": profile}
        if inputs.get("associatePublicIpAddress") is not None:
            # a public address is a matter of the interface, and then all of the network is
            interface = {
                "DeviceIndex": 0,
                "AssociatePublicIpAddress": inputs["associatePublicIpAddress"],
                "SubnetId": inputs.get("subnetId"),
                "Groups": inputs.get("vpcSecurityGroupIds"),
                "PrivateIpAddress": inputs.get("privateIp"),
            }
            elsewhere = dict.fromkeys(("SubnetId", "SecurityGroupIds", "PrivateIpAddress"))
            arguments |= {"NetworkInterfaces": [interface], **elsewhere}
        return arguments

    def describe(self, aws: Aws, resource_id: str, item: Any, state: Properties) -> Properties:
        script = aws.client("ec2").describe_instance_attribute(
            InstanceId=resource_id, Attribute="userData"
        )
        encoded = script.get("UserData", {}).get("Value")
        profile = _association(aws, resource_id)
        options = item.get("metadataOptions", {})
        known = PARTS["metadataOptions"]
        return {
            **super().describe(aws, resource_id, item, state),
            "iamInstanceProfile": (
                profile["IamInstanceProfile"]["Arn"].rpartition("/")[2] if profile else None
            ),
            "metadataOptions": {key: value for key, value in options.items() if key in known},
            "userData": base64.b64decode(encoded).decode() if encoded else None,
        }

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        ec2, inputs, instance = scope.aws.client("ec2"), scope.values, scope.values["id"]
        if "vpcSecurityGroupIds" in changed:
            ec2.modify_instance_attribute(InstanceId=instance, Groups=inputs["vpcSecurityGroupIds"])
        if "metadataOptions" in changed:
            call = Operation("modify_instance_metadata_options")
            scope.run(call, **inputs["metadataOptions"])
        if "iamInstanceProfile" in changed:
            _associate(scope.aws, instance, inputs.get("iamInstanceProfile"))
        if "rootBlockDevice" in changed and not has_unknown(inputs["rootBlockDevice"]):
            self._resize_root(scope, inputs["rootBlockDevice"])
        if changed & {"instanceType", "userData"}:
            with stopped(scope.aws, instance):
                if "instanceType" in changed:
                    wanted = {"Value": inputs["instanceType"]}
                    ec2.modify_instance_attribute(InstanceId=instance, InstanceType=wanted)
                if "userData" in changed:
                    script = base64.b64encode((inputs.get("userData") or "").encode())
                    ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": script})

    def _resize_root(self, scope: Scope, root: dict[str, Any]) -> None:
        item = self.item(scope.aws, scope.values["id"], scope.values) or {}
        wanted = {name: root[key] for key, name in _RESIZED.items() if key in root}
        for device in item.get("blockDeviceMappings", ()):
            if wanted and device["deviceName"] == ROOT_DEVICE:
                volume = device["ebs"]["volumeId"]
                scope.aws.client("ec2").modify_volume(VolumeId=volume, **wanted)


def _association(aws: Aws, instance: str) -> dict[str, Any] | None:
    answer = aws.client("ec2").describe_iam_instance_profile_associations(
        Filters=[{"Name": "instance-id", "Values": [instance]}]
    )
    found: list[dict[str, Any]] = answer["IamInstanceProfileAssociations"]
    return found[0] if found else None


def _associate(aws: Aws, instance: str, profile: str | None) -> None:
    ec2, now, wanted = aws.client("ec2"), _association(aws, instance), {"Name": profile}
    if profile and now:
        ec2.replace_iam_instance_profile_association(
            AssociationId=now["AssociationId"], IamInstanceProfile=wanted
        )
    elif profile:
        ec2.associate_iam_instance_profile(InstanceId=instance, IamInstanceProfile=wanted)
    elif now:
        ec2.disassociate_iam_instance_profile(AssociationId=now["AssociationId"])


@contextmanager
def stopped(aws: Aws, instance: str) -> Iterator[None]:
    """Stops the instance for a while: EC2 changes some attributes at no other time."""
    ec2 = aws.client("ec2")
    ec2.stop_instances(InstanceIds=[instance])
    try:
        yield
    finally:
        ec2.start_instances(InstanceIds=[instance])
