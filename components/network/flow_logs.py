"""VPC flow logs: all accepted and rejected traffic, in an encrypted CloudWatch log group."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ec2, iam

from components.scope import StackScope
from components.security import iam_policies
from components.security.kms_keys import NETWORK_PURPOSES, KmsKeys, KmsKeysArgs

AGGREGATION_S = 60
"""The shortest interval that AWS offers; the other one is 600 seconds."""


@dataclass(frozen=True, kw_only=True)
class FlowLogsArgs:
    scope: StackScope
    vpc_id: pulumi.Input[str]
    retention_days: int


class FlowLogs(pulumi.ComponentResource):
    """The flow log of a VPC with its log group, encryption key and IAM role."""

    log_group: pulumi.Output[str]
    """The name of the log group."""

    def __init__(
        self, name: str, args: FlowLogsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:network:FlowLogs", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # Not protected: the key encrypts nothing but this log group and may be destroyed with it.
        keys = KmsKeys(
            name, KmsKeysArgs(scope=args.scope, purposes=NETWORK_PURPOSES, protect=False), child
        )
        group = cloudwatch.LogGroup(
            name,
            name=f"/{args.scope.prefix}/flow-logs",
            retention_in_days=args.retention_days,
            kms_key_id=keys.arns["network-logs"],
            opts=child,
        )
        role = iam.Role(
            name,
            name=f"{args.scope.prefix}-flow-logs",
            description="Writes flow logs of the VPC",
            assume_role_policy=iam_policies.assume_role_policy(
                "vpc-flow-logs.amazonaws.com", args.scope
            ),
            opts=child,
        )
        delivery = iam.RolePolicy(
            name,
            name="write",
            role=role.name,
            policy=group.arn.apply(_write_policy),
            opts=child,
        )
        ec2.FlowLog(
            name,
            vpc_id=args.vpc_id,
            traffic_type="ALL",
            log_destination_type="cloud-watch-logs",
            log_destination=group.arn,
            iam_role_arn=role.arn,
            max_aggregation_interval=AGGREGATION_S,
            tags={"Name": args.scope.prefix},
            # Delivery starts on creation and fails while the role lacks its policy.
            opts=pulumi.ResourceOptions(parent=self, depends_on=[delivery]),
        )
        self.log_group = group.name
        self.register_outputs({"log_group": self.log_group})


def _write_policy(group_arn: str) -> str:
    """The policy of the flow log's role, limited to its own log group."""
    actions = (
        "logs:CreateLogStream",
        "logs:DescribeLogGroups",
        "logs:DescribeLogStreams",
        "logs:PutLogEvents",
    )
    return iam_policies.document(iam_policies.allow(actions, (group_arn, f"{group_arn}:*")))
