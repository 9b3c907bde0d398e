"""Monitoring of the PostgreSQL instances: the role of Enhanced Monitoring, and the log groups that
the servers' logs are exported to."""

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
    """The exported logs: postgresql, upgrade."""
    log_retention_days: int
    logs_key_arn: pulumi.Input[str]
    servers: Mapping[str, str]
    """Instance identifiers by logical key, such as primary or replica-1."""


class PostgresMonitoring(pulumi.ComponentResource):
    """The monitoring role, and one log group per instance and log."""

    monitoring_role_arn: pulumi.Output[str]
    """Resolves after the role has its policy, which RDS checks when it creates an instance."""
    log_groups: list[cloudwatch.LogGroup]

    def __init__(
        self, name: str, args: PostgresMonitoringArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresMonitoring", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            f"{name}-monitoring",
            name=f"{args.scope.prefix}-rds-monitoring",
            description="Writes the metrics of Enhanced Monitoring",
            assume_role_policy=iam_policies.assume_role_policy(
                "monitoring.rds.amazonaws.com", args.scope
            ),
            opts=child,
        )
        attachment = iam.RolePolicyAttachment(
            f"{name}-monitoring", role=role.name, policy_arn=MONITORING, opts=child
        )
        # RDS would create missing log groups itself: without an expiry and without our KMS key.
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
        self.monitoring_role_arn = pulumi.Output.all(role.arn, attachment.id).apply(
            lambda values: str(values[0])
        )
        self.register_outputs({"monitoring_role_arn": self.monitoring_role_arn})
