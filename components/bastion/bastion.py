"""The bastion: an ECS task in the VPC that people start on demand, with audited ECS Exec sessions.

It has no open port, no public address and no SSH, and no service keeps it running. Start a task
with the values of the stack output `bastion`:

    aws ecs run-task --cluster CLUSTER --task-definition TASK_DEFINITION --launch-type FARGATE \\
        --enable-execute-command --network-configuration \\
        'awsvpcConfiguration={subnets=[SUBNET_IDS],securityGroups=[SECURITY_GROUP_ID]}'

Open a shell in the task (input and output of the session are written to the audit log):

    aws ecs execute-command --cluster CLUSTER --task TASK --container bastion \\
        --interactive --command /bin/sh

Forward a store's port to your machine (CloudTrail records who opened the session; its traffic is
not logged). For sslmode=verify-full, pass the store's name to libpq as `host` and 127.0.0.1 as
`hostaddr`:

    aws ssm start-session --target ecs:CLUSTER_TASK_RUNTIME \\
        --document-name AWS-StartPortForwardingSessionToRemoteHost \\
        --parameters host=STORE,portNumber=5432,localPortNumber=5432

A user of the bastion needs ecs:RunTask, ecs:ExecuteCommand and ssm:StartSession on the cluster and
its tasks, iam:PassRole on the two roles, and kms:GenerateDataKey on the KMS key of sessions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ecs, iam

from components.bastion import iam_policies as bastion_policies
from components.network.foundation_ref import FoundationRef
from components.network.security_group import (
    ANYWHERE,
    SecurityGroupRule,
    exclusive_rules,
    from_cidr,
    from_security_group,
)
from components.network.store_endpoint import StoreEndpoint
from components.outputs import BastionOutputs
from components.scope import StackScope
from components.security import iam_policies
from config.settings.bastion import BastionSettings

CONTAINER = "bastion"
HTTPS = 443
CPU, MEMORY_MIB = "256", "512"


@dataclass(frozen=True, kw_only=True)
class BastionArgs:
    scope: StackScope
    settings: BastionSettings
    image_digest: str
    """The digest of PgBouncer's image, which is used because it contains psql."""
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: sessions, logs."""
    security_group_id: pulumi.Input[str]
    """The security group of the task, which gets its rules here."""
    endpoints: Mapping[str, StoreEndpoint]
    """The data stores that the task may connect to, by name."""


class Bastion(pulumi.ComponentResource):
    """The task definition with its ECS cluster, IAM roles, audit log group and security group
    rules. `outputs()` has the values that users need to start a task."""

    def __init__(
        self, name: str, args: BastionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:bastion:Bastion", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._audit_log = self._log_group()
        self._cluster = self._audited_cluster()
        self._definition = self._task_definition()
        self._rules()
        self.register_outputs({"task_definition": self._definition.family})

    def outputs(self) -> BastionOutputs:
        return BastionOutputs(
            cluster=self._cluster.name,
            task_definition=self._definition.family,
            subnet_ids=self._args.network.private_subnet_ids,
            security_group_id=self._args.security_group_id,
            log_group=self._audit_log.name,
        )

    def _log_group(self) -> cloudwatch.LogGroup:
        return cloudwatch.LogGroup(
            self._name,
            name=f"/nexusflow/{self._args.scope.prefix}/bastion",
            retention_in_days=self._args.settings.log_retention_days,
            kms_key_id=self._args.kms_key_arns["logs"],
            opts=self._child,
        )

    def _audited_cluster(self) -> ecs.Cluster:
        """A cluster for the bastion only, because session logging is configured per cluster."""
        return ecs.Cluster(
            self._name,
            name=f"{self._args.scope.prefix}-bastion",
            settings=[{"name": "containerInsights", "value": "enabled"}],
            configuration={
                "execute_command_configuration": {
                    "kms_key_id": self._args.kms_key_arns["sessions"],
                    "logging": "OVERRIDE",
                    "log_configuration": {
                        "cloud_watch_encryption_enabled": True,
                        "cloud_watch_log_group_name": self._audit_log.name,
                    },
                }
            },
            opts=self._child,
        )

    def _task_definition(self) -> ecs.TaskDefinition:
        args = self._args
        image = pulumi.Output.concat(args.network.repository_url, "@", args.image_digest)
        execution_role_arn = self._role(
            "execution",
            "Starts the bastion task: image and logs",
            pulumi.Output.all(args.network.repository_url, self._audit_log.arn).apply(
                lambda values: bastion_policies.execution_policy(*values)
            ),
        )
        task_role_arn = self._role(
            "task",
            "Role of the bastion task: ECS Exec sessions and their audit log",
            pulumi.Output.all(self._audit_log.arn, args.kms_key_arns["sessions"]).apply(
                lambda values: bastion_policies.session_policy(*values)
            ),
        )
        return ecs.TaskDefinition(
            self._name,
            family=f"{args.scope.prefix}-bastion",
            network_mode="awsvpc",
            requires_compatibilities=["FARGATE"],
            cpu=CPU,
            memory=MEMORY_MIB,
            runtime_platform={
                "cpu_architecture": "ARM64",
                "operating_system_family": "LINUX",
            },
            execution_role_arn=execution_role_arn,
            task_role_arn=task_role_arn,
            container_definitions=pulumi.Output.all(image, self._audit_log.name).apply(
                lambda values: container_definitions(
                    image=values[0],
                    log_group=values[1],
                    region=args.scope.region,
                    hours=args.settings.hours,
                )
            ),
            opts=self._child,
        )

    def _role(self, key: str, description: str, policy: pulumi.Input[str]) -> pulumi.Output[str]:
        """The ARN of a role, which resolves after the role has its policy."""
        name = f"{self._name}-{key}"
        role = iam.Role(
            name,
            name=f"{self._args.scope.prefix}-bastion-{key}",
            description=description,
            assume_role_policy=iam_policies.assume_role_policy(
                iam_policies.ECS_TASKS, self._args.scope
            ),
            opts=self._child,
        )
        role_policy = iam.RolePolicy(
            name, name=key, role=role.name, policy=policy, opts=self._child
        )
        return pulumi.Output.all(role.arn, role_policy.id).apply(lambda values: str(values[0]))

    def _rules(self) -> None:
        """Egress rules only: sessions go through the SSM agent in the task, which opens an outgoing
        connection to Session Manager."""
        name, args = self._name, self._args
        # ANYWHERE: image layers come from S3, which has public addresses even through a gateway
        # endpoint.
        to_aws = SecurityGroupRule(
            f"{name}-to-aws", HTTPS, "to AWS: image, sessions and logs", from_cidr(ANYWHERE)
        )
        to_stores = [
            SecurityGroupRule(
                f"{name}-to-{store}",
                endpoint.port,
                f"to {store}",
                from_security_group(endpoint.security_group_id),
            )
            for store, endpoint in args.endpoints.items()
        ]
        exclusive_rules(name, args.security_group_id, self._child, egress=[to_aws, *to_stores])


def container_definitions(*, image: str, log_group: str, region: str, hours: int) -> str:
    """The container definitions as JSON: one container that sleeps for `hours` and ends.

    The root file system is writable because the ECS Exec agent writes to it. The agent also leaves
    orphaned processes behind, which the init process reaps.
    """
    return json.dumps(
        [
            {
                "name": CONTAINER,
                "image": image,
                "essential": True,
                "entryPoint": ["sleep"],
                "command": [str(hours * 3600)],
                "privileged": False,
                "linuxParameters": {"initProcessEnabled": True},
                "logConfiguration": {
                    "logDriver": "awslogs",
                    "options": {
                        "awslogs-group": log_group,
                        "awslogs-region": region,
                        "awslogs-stream-prefix": CONTAINER,
                    },
                },
            }
        ]
    )
