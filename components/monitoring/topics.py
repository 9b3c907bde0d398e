"""SNS topics for alarms and events: one per severity, with its subscribers."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import sns

from components.monitoring.topic import Topic, TopicArgs
from components.scope import StackScope
from config.settings.alarms import SEVERITIES, Severity, Subscribers


@dataclass(frozen=True, kw_only=True)
class AlarmTopicsArgs:
    scope: StackScope
    subscribers: Subscribers
    kms_key_arn: pulumi.Input[str]


class AlarmTopics(pulumi.ComponentResource):
    """One topic per severity, and a subscription per subscriber."""

    arns: dict[Severity, pulumi.Output[str]]
    """Topic ARNs by severity."""

    def __init__(
        self, name: str, args: AlarmTopicsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:AlarmTopics", name, None, opts)
        self.arns = {severity: self._topic(name, severity, args) for severity in SEVERITIES}
        self.register_outputs({"arns": self.arns})

    def _topic(self, name: str, severity: Severity, args: AlarmTopicsArgs) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        topic = Topic(
            f"{name}-{severity}",
            TopicArgs(scope=args.scope, topic=severity, kms_key_arn=args.kms_key_arn),
            child,
        )
        for subscriber in args.subscribers.of(severity):
            # The logical name contains no index, so that removing a subscriber from the list does
            # not replace the subscriptions of others.
            sns.TopicSubscription(
                f"{name}-{severity}-{subscriber.protocol}-{subscriber.endpoint}",
                topic=topic.arn,
                protocol=subscriber.protocol,
                endpoint=subscriber.endpoint,
                opts=child,
            )
        return topic.arn
