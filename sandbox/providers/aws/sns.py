"""Topics and their policies."""

from __future__ import annotations

import json

from sandbox.providers.aws.resource import (
    PROVIDER,
    REGISTRY,
    TAGS,
    AwsResourceType,
    tag_changes,
    tag_list,
    tag_map,
)
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties

_ABSENT = frozenset({"NotFound", "NotFoundException"})


class Topic(AwsResourceType):
    """Its policy is a TopicPolicy's: one owner a fact."""

    token = "aws:sns/topic:Topic"
    cfn = "AWS::SNS::Topic"
    service = "sns"
    absent = _ABSENT
    named_by, autonames = "name", True
    properties = {
        "name": Property("TopicName", bound=True, replaces=REGISTRY),
        "displayName": Property("DisplayName", default="", bound=True),
        "kmsMasterKeyId": Property("KmsMasterKeyId", bound=True),
        "tags": TAGS,
        "arn": Property("TopicArn", output=True),
        "owner": Property("Owner", output=True),
    }
    attributes = {"displayName": "DisplayName", "kmsMasterKeyId": "KmsMasterKeyId"}

    def create(self, aws: Aws, inputs: Properties) -> Created:
        attributes = {
            api: inputs[name] for name, api in self.attributes.items() if inputs.get(name)
        }
        answer = aws.client("sns").create_topic(
            Name=inputs["name"], Attributes=attributes, Tags=tag_list(inputs["tags"])
        )
        return Created(answer["TopicArn"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        sns = aws.client("sns")
        found = sns.get_topic_attributes(TopicArn=resource_id)["Attributes"]
        return {
            **self.bound_values(found),
            "name": resource_id.rpartition(":")[2],
            "displayName": found.get("DisplayName", ""),
            "kmsMasterKeyId": found.get("KmsMasterKeyId"),
            "tags": tag_map(sns.list_tags_for_resource(ResourceArn=resource_id)["Tags"]),
        }

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        sns = aws.client("sns")
        with self.existing():
            for name in sorted(changed & self.attributes.keys()):
                sns.set_topic_attributes(
                    TopicArn=resource_id,
                    AttributeName=self.attributes[name],
                    AttributeValue=inputs.get(name) or "",
                )
            wanted, unwanted = tag_changes(state, inputs)
            if unwanted:
                sns.untag_resource(ResourceArn=resource_id, TagKeys=unwanted)
            if wanted:
                sns.tag_resource(ResourceArn=resource_id, Tags=tag_list(wanted))

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        aws.client("sns").delete_topic(TopicArn=resource_id)


class TopicPolicy(AwsResourceType):
    """Who may publish; without it the topic has the policy that SNS gives to every topic."""

    token = "aws:sns/topicPolicy:TopicPolicy"
    documents = frozenset({"policy"})
    service = "sns"
    absent = _ABSENT
    properties = {
        "arn": Property("TopicArn", required=True, bound=True, replaces=PROVIDER),
        "policy": Property(required=True, bound=True),
        "owner": Property("Owner", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        self._put(aws, inputs["arn"], inputs["policy"])
        return Created(inputs["arn"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        found = aws.client("sns").get_topic_attributes(TopicArn=resource_id)["Attributes"]
        return {**self.bound_values(found), "policy": found["Policy"]}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            self._put(aws, resource_id, inputs["policy"])

    def _put(self, aws: Aws, topic: str, policy: str) -> None:
        aws.client("sns").set_topic_attributes(
            TopicArn=topic, AttributeName="Policy", AttributeValue=policy
        )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        """A topic is never without a policy: it gets back the one that its owner alone uses."""
        account = resource_id.split(":")[4]
        with self.existing():
            self._put(aws, resource_id, _owners_policy(resource_id, account))


def _owners_policy(topic: str, account: str) -> str:
    return json.dumps(
        {
            "Version": "2008-10-17",
            "Id": "__default_policy_ID",
            "Statement": [
                {
                    "Sid": "__default_statement_ID",
                    "Effect": "Allow",
                    "Principal": {"AWS": "*"},
                    "Action": [f"SNS:{action}" for action in _OWNERS_ACTIONS],
                    "Resource": topic,
                    "Condition": {"StringEquals": {"AWS:SourceOwner": account}},
                }
            ],
        }
    )


_OWNERS_ACTIONS = (
    "GetTopicAttributes",
    "SetTopicAttributes",
    "AddPermission",
    "RemovePermission",
    "DeleteTopic",
    "Subscribe",
    "ListSubscriptionsByTopic",
    "Publish",
)

RESOURCE_TYPES = (Topic(), TopicPolicy())
