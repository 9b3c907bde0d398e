"""RDS event subscriptions: events of this environment's instances and parameter groups are
published to an SNS topic."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import rds

INSTANCE_CATEGORIES = (
    "availability",
    "configuration change",
    "deletion",
    "failover",
    "failure",
    "low storage",
    "maintenance",
    "read replica",
    "recovery",
    "restoration",
)
"""Without the category backup, which would send messages for every instance every day."""
PARAMETER_GROUP_CATEGORIES = ("configuration change",)


@dataclass(frozen=True, kw_only=True)
class PostgresEventsArgs:
    prefix: str
    topic_arn: pulumi.Input[str]
    instances: Sequence[pulumi.Input[str]]
    """Instance identifiers."""
    parameter_groups: Sequence[pulumi.Input[str]]
    """Names of parameter groups."""


class PostgresEvents(pulumi.ComponentResource):
    """One event subscription for the instances and one for their parameter groups."""

    def __init__(
        self, name: str, args: PostgresEventsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresEvents", name, None, opts)
        for source, categories, source_ids in (
            ("instance", INSTANCE_CATEGORIES, args.instances),
            ("parameter-group", PARAMETER_GROUP_CATEGORIES, args.parameter_groups),
        ):
            rds.EventSubscription(
                f"{name}-{source}",
                name=f"{args.prefix}-postgres-{source}",
                sns_topic=args.topic_arn,
                source_type=f"db-{source}",
                source_ids=source_ids,
                event_categories=categories,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
