"""An encrypted SNS topic that CloudWatch, RDS, EventBridge and AWS Backup may publish to."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import sns

from components.scope import StackScope
from components.security import iam_policies


@dataclass(frozen=True, kw_only=True)
class TopicArgs:
    scope: StackScope
    topic: str
    """The name after the stack's prefix."""
    kms_key_arn: pulumi.Input[str]


class Topic(pulumi.ComponentResource):
    """A topic and its policy."""

    arn: pulumi.Output[str]
    """Resolves after the policy is in force, so that no message is refused."""

    def __init__(
        self, name: str, args: TopicArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:monitoring:Topic", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        topic = sns.Topic(
            name,
            name=f"{args.scope.prefix}-{args.topic}",
            kms_master_key_id=args.kms_key_arn,
            opts=child,
        )
        policy = sns.TopicPolicy(
            name,
            arn=topic.arn,
            policy=topic.arn.apply(
                lambda arn: iam_policies.topic_policy(args.scope, arn, iam_policies.NOTIFIERS)
            ),
            opts=child,
        )
        self.arn = policy.arn
        self.register_outputs({"arn": self.arn})
