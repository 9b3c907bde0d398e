"""The way in for people: a task in the VPC that somebody starts, uses and is seen to use.

No service runs it, no port of it is open, it has no public address and no SSH. Whoever may run
tasks in its cluster starts one with what the stack's output `bastion` names:

    aws ecs run-task --cluster CLUSTER --task-definition TASK_DEFINITION --launch-type FARGATE \\
        --enable-execute-command --network-configuration \\
        'awsvpcConfiguration={subnets=[SUBNET_IDS],securityGroups=[SECURITY_GROUP_ID]}'

A shell in it (every key and every answer is written to the audit log):

    aws ecs execute-command --cluster CLUSTER --task TASK --container bastion \\
        --interactive --command /bin/sh

A store's port on one's own machine, where libpq keeps verify-full by `host` and `hostaddr`
(CloudTrail records who opened it, and nobody what passed through):

    aws ssm start-session --target ecs:CLUSTER_TASK_RUNTIME \\
        --document-name AWS-StartPortForwardingSessionToRemoteHost \\
        --parameters host=STORE,portNumber=5432,localPortNumber=5432

A person needs ecs:RunTask, ecs:ExecuteCommand and ssm:StartSession on the cluster and its tasks,
iam:PassRole on the two roles, and kms:GenerateDataKey on the key of sessions.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ecs, iam

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
from components.pgbouncer.iam import TASKS
from components.pgbouncer.task_definition import repository_arn
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
    """Of PgBouncer's image, which has psql and is in the repository already."""
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: sessions, logs."""
    security_group_id: pulumi.Input[str]
    """The one that a person starts the task in."""
    endpoints: Mapping[str, StoreEndpoint]
    """The stores that it may connect to, by name."""


class Bastion(pulumi.ComponentResource):
    """`outputs` has what a person starts the task with."""

    def __init__(
        self, name: str, args: BastionArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:bastion:Bastion", name, None, opts)
        self._name, self._args = name, args
        self._child = pulumi.ResourceOptions(parent=self)
        self._audit = self._log_group()
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
            log_group=self._audit.name,
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
        """A cluster of its own: what is logged of sessions is a setting of the cluster."""
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
                        "cloud_watch_log_group_name": self._audit.name,
                    },
                }
            },
            opts=self._child,
        )

    def _task_definition(self) -> ecs.TaskDefinition:
        args = self._args
        image = pulumi.Output.concat(args.network.repository_url, "@", args.image_digest)
        execution = self._role(
            "execution",
            "Starts the bastion task: image and logs",
            pulumi.Output.all(args.network.repository_url, self._audit.arn).apply(
                lambda known: starting(*known)
            ),
        )
        task = self._role(
            "task",
            "The bastion task's own: its sessions and their log",
            pulumi.Output.all(self._audit.arn, args.kms_key_arns["sessions"]).apply(
                lambda known: in_session(*known)
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
            execution_role_arn=execution,
            task_role_arn=task,
            container_definitions=pulumi.Output.all(image, self._audit.name).apply(
                lambda known: container(
                    image=known[0],
                    log_group=known[1],
                    region=args.scope.region,
                    hours=args.settings.hours,
                )
            ),
            opts=self._child,
        )

    def _role(self, key: str, description: str, policy: pulumi.Input[str]) -> pulumi.Output[str]:
        """Its ARN, known once the role may do what it is for."""
        name = f"{self._name}-{key}"
        role = iam.Role(
            name,
            name=f"{self._args.scope.prefix}-bastion-{key}",
            description=description,
            assume_role_policy=iam_policies.assume_role_policy(TASKS, self._args.scope),
            opts=self._child,
        )
        allowed = iam.RolePolicy(name, name=key, role=role.name, policy=policy, opts=self._child)
        return pulumi.Output.all(role.arn, allowed.id).apply(lambda known: str(known[0]))

    def _rules(self) -> None:
        """Nobody connects to the task: the agent in it calls Session Manager."""
        name, args = self._name, self._args
        # An image's layers come from S3, whose addresses are public on every way to it.
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


def starting(repository_url: str, log_group_arn: str) -> str:
    """What it takes to start the task."""
    return iam_policies.document(
        # a token is for the whole registry: it can't be asked for one repository
        iam_policies.allow(["ecr:GetAuthorizationToken"], ["*"]),
        iam_policies.allow(
            ["ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"],
            [repository_arn(repository_url)],
        ),
        iam_policies.allow(["logs:CreateLogStream", "logs:PutLogEvents"], [f"{log_group_arn}:*"]),
    )


def in_session(log_group_arn: str, sessions_key_arn: str) -> str:
    """What a session takes. It reads no secret: a person does, with what that person may."""
    return iam_policies.document(
        # neither a channel nor the list of log groups has an ARN
        iam_policies.allow(
            [
                "ssmmessages:CreateControlChannel",
                "ssmmessages:CreateDataChannel",
                "ssmmessages:OpenControlChannel",
                "ssmmessages:OpenDataChannel",
                "logs:DescribeLogGroups",
            ],
            ["*"],
        ),
        iam_policies.allow(
            ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            [f"{log_group_arn}:*"],
        ),
        iam_policies.allow(["kms:Decrypt"], [sessions_key_arn]),
    )


def container(*, image: str, log_group: str, region: str, hours: int) -> str:
    """It sleeps until its time is over. The agent of sessions writes to the root file system, which
    so can't be read-only, and leaves processes behind, which an init process takes in."""
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
