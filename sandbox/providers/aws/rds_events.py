"""Subscriptions to RDS's events."""

from __future__ import annotations

from sandbox.providers.aws.rds import tags_of, update_tags
from sandbox.providers.aws.resource import REGISTRY, TAGS, UPDATED, AwsResourceType, tag_list
from sandbox.providers.aws.session import Aws
from sandbox.providers.resource_type import Created, Property
from sandbox.providers.wire import Properties


class EventSubscription(AwsResourceType):
    token = "aws:rds/eventSubscription:EventSubscription"
    cfn = "AWS::RDS::EventSubscription"
    service = "rds"
    absent = frozenset({"SubscriptionNotFound", "SubscriptionNotFoundFault"})
    named_by, autonames = "name", True
    properties = {
        "name": Property("SubscriptionName", bound=True, replaces=REGISTRY),
        "snsTopic": Property("SnsTopicArn", required=True, bound=True, in_place=UPDATED),
        "sourceType": Property("SourceType", bound=True),
        "sourceIds": Property("SourceIds", default=[], bound=True, unordered=True),
        "eventCategories": Property("EventCategories", default=[], bound=True, unordered=True),
        "enabled": Property("Enabled", default=True, bound=True),
        "tags": TAGS,
        "arn": Property("EventSubscriptionArn", output=True),
        "customerAwsId": Property("CustomerAwsId", output=True),
    }

    def create(self, aws: Aws, inputs: Properties) -> Created:
        tags = tag_list(inputs["tags"])
        aws.client("rds").create_event_subscription(**self.arguments(inputs), Tags=tags)
        return Created(inputs["name"])

    def describe(self, aws: Aws, resource_id: str, state: Properties) -> Properties | None:
        answer = aws.client("rds").describe_event_subscriptions(SubscriptionName=resource_id)
        for found in answer["EventSubscriptionsList"]:
            return {
                **self.bound_values(found),
                "name": found["CustSubscriptionId"],
                "sourceType": found.get("SourceType"),
                "sourceIds": sorted(found.get("SourceIdsList", [])),
                "eventCategories": sorted(found.get("EventCategoriesList", [])),
                "tags": tags_of(aws, found["EventSubscriptionArn"]),
            }
        return None

    def update(
        self,
        aws: Aws,
        resource_id: str,
        state: Properties,
        inputs: Properties,
        changed: frozenset[str],
    ) -> None:
        rds = aws.client("rds")
        with self.existing():
            modified = changed & {"snsTopic", "sourceType", "eventCategories", "enabled"}
            if modified:
                # RDS reads categories by source type: it takes the two together
                names = modified | ({"sourceType"} if "eventCategories" in modified else set())
                rds.modify_event_subscription(
                    SubscriptionName=resource_id, **self.arguments(inputs, frozenset(names))
                )
            wanted, present = set(inputs["sourceIds"]), set(state.get("sourceIds") or [])
            for source in sorted(present - wanted):
                rds.remove_source_identifier_from_subscription(
                    SubscriptionName=resource_id, SourceIdentifier=source
                )
            for source in sorted(wanted - present):
                rds.add_source_identifier_to_subscription(
                    SubscriptionName=resource_id, SourceIdentifier=source
                )
            update_tags(aws, state["arn"], state, inputs)

    def delete(self, aws: Aws, resource_id: str, state: Properties) -> None:
        with self.existing():
            aws.client("rds").delete_event_subscription(SubscriptionName=resource_id)


RESOURCE_TYPES = (EventSubscription(),)
