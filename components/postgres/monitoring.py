"""What has to stand ready before a server runs: the monitoring role and the log groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, iam

from components.scope import StackScope
from components.security import iam_policies

MONITORING = "arn:aws:iam::aws:policy/service-role/AmazonRDSEnhancedMonitoringRole"


@dataclass(frozen=True, kw_only=True)
class PostgresMonitoringArgs:
    scope: StackScope
    logs: Sequence[str]
    log_retention_days: int
    logs_key_arn: pulumi.Input[str]
    servers: Mapping[str, str]
    """Identifiers of the servers by logical key."""


class PostgresMonitoring(pulumi.ComponentResource):
    monitoring_role_arn: pulumi.Output[str]
    log_groups: list[cloudwatch.LogGroup]

    def __init__(
        self, name: str, args: PostgresMonitoringArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresMonitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            f"{name}-monitoring",
            name=f"{args.scope.prefix}-rds-monitoring",
            description="Writes the figures of enhanced monitoring",
            assume_role_policy=iam_policies.assume_role_policy(
                "monitoring.rds.amazonaws.com", args.scope
            ),
            opts=child,
        )
        attached = iam.RolePolicyAttachment(
            f"{name}-monitoring", role=role.name, policy_arn=MONITORING, opts=child
        )
        # RDS would make them itself: never ending, and without a key of ours.
        self.log_groups = [
            cloudwatch.LogGroup(
                f"{name}-{server}-{log}",
                name=f"/aws/rds/instance/{identifier}/{log}",
                retention_in_days=args.log_retention_days,
                kms_key_id=args.logs_key_arn,
                opts=child,
            )
            for server, identifier in args.servers.items()
            for log in args.logs
        ]
        # Known once the role may write: RDS looks when a server is made.
        self.monitoring_role_arn = pulumi.Output.all(role.arn, attached.id).apply(
            lambda known: str(known[0])
        )
        self.register_outputs({"monitoring_role_arn": self.monitoring_role_arn})
