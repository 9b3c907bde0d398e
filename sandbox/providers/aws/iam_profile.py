"""Instance profiles: how a host gets its role."""

from __future__ import annotations

from sandbox.providers.aws.resource import (
    ARN,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties


class InstanceProfile(AwsResourceType):
    token = "aws:iam/instanceProfile:InstanceProfile"
    cfn = "AWS::IAM::InstanceProfile"
    service = "iam"
    regional = False
    absent = frozenset({"NoSuchEntity", "NoSuchEntityException"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("InstanceProfileName", bound=True, replaces=REGISTRY),
        "path": Property("Path", default="/", bound=True, replaces=REGISTRY),
        "role": Property(bound=True),
        "tags": TAGS,
        "arn": ARN,
        "uniqueId": Property("InstanceProfileId", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        aws.client("iam").create_instance_profile(
            **self.arguments(inputs), Tags=tag_list(inputs["tags"])
        )
        return Created(inputs["name"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        iam = aws.client("iam")
        found = iam.get_instance_profile(InstanceProfileName=resource_id)["InstanceProfile"]
        there = [role["RoleName"] for role in found["Roles"]]
        wanted = [inputs["role"]] if inputs.get("role") else []
        for role in set(there) - set(wanted):
            iam.remove_role_from_instance_profile(InstanceProfileName=resource_id, RoleName=role)
        for role in set(wanted) - set(there):
            iam.add_role_to_instance_profile(InstanceProfileName=resource_id, RoleName=role)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        iam = aws.client("iam")
        found = iam.get_instance_profile(InstanceProfileName=resource_id)["InstanceProfile"]
        return {
            **self.bound_values(found),
            "role": found["Roles"][0]["RoleName"] if found["Roles"] else None,
            "arn": found["Arn"],
            "tags": tag_map(found.get("Tags")),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        iam = aws.client("iam")
        with self.existing():
            self.wait_until_ready(aws, resource_id, inputs)
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                iam.untag_instance_profile(InstanceProfileName=resource_id, TagKeys=unwanted)
            if wanted:
                iam.tag_instance_profile(InstanceProfileName=resource_id, Tags=tag_list(wanted))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            self.wait_until_ready(aws, resource_id, {})
            aws.client("iam").delete_instance_profile(InstanceProfileName=resource_id)


RESOURCE_TYPES = (InstanceProfile(),)
