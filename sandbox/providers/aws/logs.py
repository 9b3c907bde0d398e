"""CloudWatch's log groups."""

from __future__ import annotations

from typing import Any

from sandbox.providers.aws.resource import PROVIDER, REGISTRY, TAGS, AwsResourceType, tag_changes
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties


class LogGroup(AwsResourceType):
    token = "aws:cloudwatch/logGroup:LogGroup"
    cfn = "AWS::Logs::LogGroup"
    service = "logs"
    absent = frozenset({"ResourceNotFoundException"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("LogGroupName", bound=True, replaces=REGISTRY),
        # moto 5.2.5 drops the class (2026-11-24)
        "logGroupClass": Property("LogGroupClass", default="STANDARD", replaces=PROVIDER),
        "retentionInDays": Property("RetentionInDays", default=0, bound=True),
        "kmsKeyId": Property("KmsKeyId", bound=True),
        "skipDestroy": Property(default=False),
        "tags": TAGS,
        "arn": Property(output=True),
    }

    def validate(self, inputs: Properties) -> list[tuple[str, str]]:
        # the provider's 0, never to expire, is none of the registry's figures
        stated = {key: value for key, value in inputs.items() if key != "retentionInDays" or value}
        return super().validate(stated)

    def create(self, aws: Aws, inputs: Properties) -> Created:
        key = {"kmsKeyId": inputs["kmsKeyId"]} if inputs.get("kmsKeyId") else {}
        aws.client("logs").create_log_group(
            logGroupName=inputs["name"],
            logGroupClass=inputs["logGroupClass"],
            tags=inputs["tags"],
            **key,
        )
        return Created(inputs["name"])

    def wait_until_ready(self, aws: Aws, resource_id: str, inputs: Properties) -> None:
        days = inputs["retentionInDays"]
        if days:
            aws.client("logs").put_retention_policy(logGroupName=resource_id, retentionInDays=days)

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        group = self._described(aws, resource_id)
        if group is None:
            return None
        arn = group["arn"].removesuffix(":*")
        return {
            "name": group["logGroupName"],
            "retentionInDays": group.get("retentionInDays", 0),
            "kmsKeyId": group.get("kmsKeyId"),
            "arn": arn,
            "tags": aws.client("logs").list_tags_for_resource(resourceArn=arn).get("tags", {}),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        """A retention that is wanted is set by settling."""
        logs = aws.client("logs")
        with self.existing():
            if "retentionInDays" in changed and not inputs["retentionInDays"]:
                logs.delete_retention_policy(logGroupName=resource_id)
            if "kmsKeyId" in changed and inputs.get("kmsKeyId"):
                logs.associate_kms_key(logGroupName=resource_id, kmsKeyId=inputs["kmsKeyId"])
            elif "kmsKeyId" in changed:
                logs.disassociate_kms_key(logGroupName=resource_id)
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                logs.untag_resource(resourceArn=state["arn"], tagKeys=unwanted)
            if wanted:
                logs.tag_resource(resourceArn=state["arn"], tags=wanted)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if state.get("skipDestroy"):
            return
        if self._described(aws, resource_id) is None:
            raise NotFound(resource_id)
        with self.existing():
            aws.client("logs").delete_log_group(logGroupName=resource_id)

    def _described(self, aws: Aws, name: str) -> dict[str, Any] | None:
        pages = aws.client("logs").get_paginator("describe_log_groups")
        for page in pages.paginate(logGroupNamePrefix=name):
            for group in page["logGroups"]:
                if group["logGroupName"] == name:
                    return dict(group)
        return None


RESOURCE_TYPES = (LogGroup(),)
