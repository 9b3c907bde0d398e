"""EC2 instances."""

from __future__ import annotations

import base64

from sandbox.providers.aws.operations import Scope
from sandbox.providers.aws.resource import AwsResourceType
from sandbox.providers.wire import Properties

USER_DATA_BYTES = 16 * 1024
OF_ITS_CREATION = ("encrypted", "kmsKeyId")
_STOPPED = frozenset({"instanceType", "userData"})
"""Properties that EC2 changes only while the instance is stopped."""


class Instance(AwsResourceType):
    """`userData` is updated in place unless `userDataReplaceOnChange` is set, as in the provider;
    of the root device only its encryption forces a replacement (ForceNew in ec2_instance.go)."""

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        found = super().validate(inputs)
        script = inputs.get("userData")
        if isinstance(script, str) and len(script.encode()) > USER_DATA_BYTES:
            found.append(("userData", f"{len(script.encode())} bytes; AWS takes {USER_DATA_BYTES}"))
        return found

    def forces(self, name: str, state: Properties, inputs: Properties) -> bool:
        if name == "userData":
            return bool(inputs.get("userDataReplaceOnChange"))
        if name == "rootBlockDevice":
            old, new = state.get(name) or {}, inputs.get(name) or {}
            return any(new.get(key) != old.get(key) for key in OF_ITS_CREATION)
        return super().forces(name, state, inputs)

    def change(self, scope: Scope, state: Properties, changed: frozenset[str]) -> None:
        super().change(scope, state, changed - _STOPPED)
        if not changed & _STOPPED:
            return
        ec2, inputs, instance = scope.aws.client("ec2"), scope.values, scope.values["id"]
        ec2.stop_instances(InstanceIds=[instance])
        try:
            if "instanceType" in changed:
                wanted = {"Value": inputs["instanceType"]}
                ec2.modify_instance_attribute(InstanceId=instance, InstanceType=wanted)
            if "userData" in changed:
                script = base64.b64encode((inputs.get("userData") or "").encode())
                ec2.modify_instance_attribute(InstanceId=instance, UserData={"Value": script})
        finally:
            ec2.start_instances(InstanceIds=[instance])
