"""Customer managed keys and their aliases."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import (
    ARN,
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import UNKNOWN, Properties

_ABSENT = frozenset({"NotFoundException"})


class Key(AwsResourceType):
    token = "aws:kms/key:Key"
    documents = frozenset({"policy"})
    cfn = "AWS::KMS::Key"
    service = "kms"
    absent = _ABSENT
    properties = {
        "description": Property("Description", bound=True, default="Managed by Pulumi"),
        "keyUsage": Property("KeyUsage", default="ENCRYPT_DECRYPT", bound=True, replaces=PROVIDER),
        "customerMasterKeySpec": Property(
            "KeySpec", default="SYMMETRIC_DEFAULT", bound=True, replaces=PROVIDER
        ),
        "multiRegion": Property("MultiRegion", default=False, bound=True, replaces=PROVIDER),
        "policy": Property(bound=True, computed=True),
        "enableKeyRotation": Property(default=False, bound=True),
        "rotationPeriodInDays": Property(computed=True),
        "isEnabled": Property(default=True, bound=True),
        "deletionWindowInDays": Property(default=30),
        "bypassPolicyLockoutSafetyCheck": Property(default=False),
        "tags": TAGS,
        "arn": ARN,
        "keyId": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = self.arguments(inputs)
        if inputs.get("policy"):
            arguments["Policy"] = inputs["policy"]
        tags = [{"TagKey": key, "TagValue": value} for key, value in inputs["tags"].items()]
        answer = aws.client("kms").create_key(**arguments, Tags=tags)
        return Created(answer["KeyMetadata"]["KeyId"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        kms = aws.client("kms")
        if inputs["isEnabled"]:
            kms.enable_key(KeyId=resource_id)
        if inputs["enableKeyRotation"]:
            period = inputs.get("rotationPeriodInDays")
            arguments = {"RotationPeriodInDays": period} if period else {}
            kms.enable_key_rotation(KeyId=resource_id, **arguments)
        else:
            kms.disable_key_rotation(KeyId=resource_id)
        if not inputs["isEnabled"]:
            kms.disable_key(KeyId=resource_id)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        kms = aws.client("kms")
        metadata = kms.describe_key(KeyId=resource_id)["KeyMetadata"]
        if metadata["KeyState"] == "PendingDeletion":
            return None
        rotation = kms.get_key_rotation_status(KeyId=resource_id)["KeyRotationEnabled"]
        policy = kms.get_key_policy(KeyId=resource_id, PolicyName="default")["Policy"]
        tags = kms.list_resource_tags(KeyId=resource_id).get("Tags", [])
        return {
            **self.bound_values(metadata),
            "policy": policy,
            "enableKeyRotation": rotation,
            "isEnabled": metadata["Enabled"],
            "arn": metadata["Arn"],
            "keyId": metadata["KeyId"],
            "tags": {tag["TagKey"]: tag["TagValue"] for tag in tags},
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        kms = aws.client("kms")
        with self.existing():
            if "description" in changed:
                kms.update_key_description(KeyId=resource_id, Description=inputs["description"])
            if "policy" in changed:
                kms.put_key_policy(KeyId=resource_id, PolicyName="default", Policy=inputs["policy"])
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                kms.untag_resource(KeyId=resource_id, TagKeys=unwanted)
            if wanted:
                tags = [{"TagKey": key, "TagValue": value} for key, value in wanted.items()]
                kms.tag_resource(KeyId=resource_id, Tags=tags)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("kms").schedule_key_deletion(
                KeyId=resource_id, PendingWindowInDays=state.get("deletionWindowInDays", 30)
            )


class Alias(AwsResourceType):
    token = "aws:kms/alias:Alias"
    cfn = "AWS::KMS::Alias"
    service = "kms"
    absent = _ABSENT
    named_by, autonames = "name", False
    properties = {
        "name": Property("AliasName", required=True, bound=True, replaces=REGISTRY),
        "targetKeyId": Property("TargetKeyId", required=True, bound=True),
        "arn": Property("AliasArn", output=True),
        "targetKeyArn": Property(output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        arguments = self.arguments(inputs)
        aws.client("kms").create_alias(**arguments)
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        pages = aws.client("kms").get_paginator("list_aliases").paginate()
        for alias in (alias for page in pages for alias in page["Aliases"]):
            if alias["AliasName"] == resource_id and alias.get("TargetKeyId"):
                key = alias["TargetKeyId"]
                return {**self.bound_values(alias), "targetKeyArn": aws.arn("kms", f"key/{key}")}
        return None

    def same(self, name: str, actual: Any, desired: Any) -> bool:
        if name == "targetKeyId" and UNKNOWN not in (actual, desired):
            return str(actual).rpartition("/")[2] == str(desired).rpartition("/")[2]
        return super().same(name, actual, desired)

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            aws.client("kms").update_alias(AliasName=resource_id, TargetKeyId=inputs["targetKeyId"])

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("kms").delete_alias(AliasName=resource_id)


RESOURCE_TYPES = (Key(), Alias())
