"""What RDS tells people of the servers, by a topic: of this environment's own and no others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import rds

OF_INSTANCES = (
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
"""Not of backups: each would be a message a day."""
OF_PARAMETER_GROUPS = ("configuration change",)


@dataclass(frozen=True, kw_only=True)
class PostgresEventsArgs:
    prefix: str
    topic_arn: pulumi.Input[str]
    instances: Sequence[pulumi.Input[str]]
    parameter_groups: Sequence[pulumi.Input[str]]


class PostgresEvents(pulumi.ComponentResource):
    def __init__(
        self, name: str, args: PostgresEventsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresEvents", name, None, opts)
        for kind, categories, sources in (
            ("instance", OF_INSTANCES, args.instances),
            ("parameter-group", OF_PARAMETER_GROUPS, args.parameter_groups),
        ):
            rds.EventSubscription(
                f"{name}-{kind}",
                name=f"{args.prefix}-postgres-{kind}",
                sns_topic=args.topic_arn,
                source_type=f"db-{kind}",
                source_ids=sources,
                event_categories=categories,
                opts=pulumi.ResourceOptions(parent=self),
            )
        self.register_outputs({})
