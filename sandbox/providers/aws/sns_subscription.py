"""Who gets what is published to a topic."""

from __future__ import annotations

from sandbox.providers.aws.resource import REGISTRY, AwsResourceType
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, NotFound, Property
from sandbox.providers.wire import Properties


class TopicSubscription(AwsResourceType):
    """moto confirms every subscription at once, mail and HTTPS too (5.2.5, 2026-11-24); on AWS
    these wait until somebody follows the link, with the same properties and the same ARN."""

    token = "aws:sns/topicSubscription:TopicSubscription"
    cfn = "AWS::SNS::Subscription"
    service = "sns"
    absent = frozenset({"NotFound", "NotFoundException"})
    properties = {
        "topic": Property("TopicArn", required=True, bound=True, replaces=REGISTRY),
        "protocol": Property("Protocol", required=True, bound=True, replaces=REGISTRY),
        "endpoint": Property("Endpoint", required=True, bound=True, replaces=REGISTRY),
        "rawMessageDelivery": Property("RawMessageDelivery", default=False, bound=True),
        "arn": Property("SubscriptionArn", output=True),
        "ownerId": Property("Owner", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        answer = aws.client("sns").subscribe(
            TopicArn=inputs["topic"],
            Protocol=inputs["protocol"],
            Endpoint=inputs["endpoint"],
            Attributes={"RawMessageDelivery": _word(inputs["rawMessageDelivery"])},
            ReturnSubscriptionArn=True,
        )
        return Created(answer["SubscriptionArn"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("sns").get_subscription_attributes(SubscriptionArn=resource_id)
        found = answer["Attributes"]
        raw = str(found.get("RawMessageDelivery", "false")).lower() == "true"
        return {**self.bound_values(found), "rawMessageDelivery": raw}

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        with self.existing():
            aws.client("sns").set_subscription_attributes(
                SubscriptionArn=resource_id,
                AttributeName="RawMessageDelivery",
                AttributeValue=_word(inputs["rawMessageDelivery"]),
            )

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        if self.read(aws, resource_id, state) is None:
            raise NotFound(resource_id)
        aws.client("sns").unsubscribe(SubscriptionArn=resource_id)


def _word(value: bool) -> str:
    return "true" if value else "false"


RESOURCE_TYPES = (TopicSubscription(),)
