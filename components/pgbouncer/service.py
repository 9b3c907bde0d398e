"""PgBouncer, the connection pooler in front of PostgreSQL: an ECS service on Fargate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import cloudwatch, ecs

from components.monitoring.alarm_target import AlarmTarget
from components.network.client_security_groups import Client
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import PostgresEndpoints, StoreEndpoint
from components.outputs import PgbouncerOutputs
from components.pgbouncer.alarm_targets import alarm_targets
from components.pgbouncer.autoscaling import scale_by_cpu
from components.pgbouncer.config import ADMIN, PORT, STATS, render
from components.pgbouncer.iam import PgbouncerIam, PgbouncerIamArgs
from components.pgbouncer.load_balancer import PgbouncerLoadBalancer, PgbouncerLoadBalancerArgs
from components.pgbouncer.task_definition import CONTAINER, TaskSecrets, task_definition
from components.pgbouncer.userlist import USERLIST, PgbouncerUserlist, PgbouncerUserlistArgs
from components.postgres.roles import RoleLogin
from components.scope import StackScope
from components.security.certificate import IssuedCertificate
from components.security.secret_policies import SecretReaders
from config.settings.pgbouncer import PgbouncerSettings

LABEL = "pgbouncer"
"""PgBouncer's label in the private DNS zone."""


@dataclass(frozen=True, kw_only=True)
class PgbouncerServiceArgs:
    scope: StackScope
    settings: PgbouncerSettings
    database: str
    """The database on the servers, and the name of the documented pool."""
    host: str
    """The name that clients connect to. The certificate must be valid for it."""
    zone_id: pulumi.Input[str]
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: secrets, logs."""
    client_groups: Mapping[Client, pulumi.Input[str]]
    ingress_sources: IngressSources
    servers: PostgresEndpoints
    server_names: Mapping[str, pulumi.Input[str]]
    """Private DNS names: primary, readers."""
    logins: Mapping[str, RoleLogin]
    """By role name."""
    certificate: IssuedCertificate
    secret_recovery_days: int
    depends_on: Sequence[pulumi.Resource]
    """What a task needs to become healthy: DNS records, and roles that can log in."""


class PgbouncerService(pulumi.ComponentResource):
    """The ECS service with its cluster, task definition, user list, IAM roles, load balancer and
    autoscaling."""

    endpoint: StoreEndpoint
    """The security group of the load balancer and PgBouncer's port."""
    service: ecs.Service

    def __init__(
        self, name: str, args: PgbouncerServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerService", name, None, opts)
        self._name, self._args = name, args
        self._child = child = pulumi.ResourceOptions(parent=self)
        self._load_balancer = PgbouncerLoadBalancer(
            f"{name}-load-balancer",
            PgbouncerLoadBalancerArgs(
                prefix=args.scope.prefix,
                network=args.network,
                ingress_sources=args.ingress_sources,
                task_group_id=args.client_groups["pooler"],
                postgres_group_id=args.servers.security_group_id,
                host=args.host,
                zone_id=args.zone_id,
                protected=args.settings.deletion_protection.enabled,
            ),
            child,
        )
        self.endpoint = self._load_balancer.endpoint
        self._userlist = PgbouncerUserlist(
            f"{name}-userlist",
            PgbouncerUserlistArgs(
                prefix=args.scope.prefix,
                host=args.host,
                kms_key_arn=args.kms_key_arns["secrets"],
                recovery_days=args.secret_recovery_days,
                credential_versions={
                    ADMIN: args.settings.admin_credential_version,
                    STATS: args.settings.stats_credential_version,
                },
                verifiers={user: args.logins[user].verifier for user in args.settings.users},
            ),
            child,
        )
        self._cluster = ecs.Cluster(
            name,
            name=f"{args.scope.prefix}-pgbouncer",
            settings=[ecs.ClusterSettingArgs(name="containerInsights", value="enabled")],
            opts=child,
        )
        logs = cloudwatch.LogGroup(
            name,
            name=f"/{args.scope.prefix}/pgbouncer",
            retention_in_days=args.settings.log_retention_days,
            kms_key_id=args.kms_key_arns["logs"],
            opts=child,
        )
        self._health_user = args.settings.pools[args.database].users[0]
        self._iam = self._iam_roles(logs)
        self.service = self._service(self._task(logs))
        scale_by_cpu(
            name,
            policy_name=f"{args.scope.prefix}-pgbouncer-cpu",
            cluster=self._cluster.name,
            service=self.service.name,
            tasks=args.settings.tasks,
            opts=child,
        )
        self.register_outputs({"host": args.host, "service": self.service.name})

    def outputs(self) -> PgbouncerOutputs:
        return PgbouncerOutputs(
            host=self._args.host,
            address=self._load_balancer.balancer.dns_name,
            port=self._load_balancer.listener.port.apply(lambda port: port or PORT),
            databases=list(self._args.settings.pools),
            admin_secret_arn=self._userlist.console_secret_arns[ADMIN],
            stats_secret_arn=self._userlist.console_secret_arns[STATS],
            cluster=self._cluster.name,
            service=self.service.name,
        )

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        return alarm_targets(
            cluster=self._cluster.name,
            service=self.service.name,
            load_balancer=self._load_balancer.balancer.arn_suffix,
            target_group=self._load_balancer.target_group.arn_suffix,
            tasks=self._args.settings.tasks.min,
        )

    @property
    def secret_arns(self) -> Mapping[str, pulumi.Output[str]]:
        """Secret ARNs by secret key: userlist, and console-USER for each console user."""
        console = self._userlist.console_secret_arns.items()
        logins = {f"console-{user}": arn for user, arn in console}
        return {USERLIST: self._userlist.secret_arn, **logins}

    @property
    def secret_readers(self) -> SecretReaders:
        """The secrets that ECS reads with the execution role when it starts a task."""
        keys = (USERLIST, self._args.certificate.secret_key, self._health_user)
        return {key: [self._iam.execution_role_arn] for key in keys}

    def _iam_roles(self, logs: cloudwatch.LogGroup) -> PgbouncerIam:
        args = self._args
        return PgbouncerIam(
            f"{self._name}-iam",
            PgbouncerIamArgs(
                scope=args.scope,
                repository_url=args.network.repository_url,
                log_group_arn=logs.arn,
                secret_arns=[
                    self._userlist.secret_arn,
                    args.certificate.secret_arn,
                    args.logins[self._health_user].secret_arn,
                ],
                kms_key_arn=args.kms_key_arns["secrets"],
            ),
            self._child,
        )

    def _task(self, logs: cloudwatch.LogGroup) -> ecs.TaskDefinition:
        args = self._args
        ini = pulumi.Output.all(names=args.server_names, ports=args.servers.ports).apply(
            lambda values: render(args.settings, args.database, values["names"], values["ports"])
        )
        return task_definition(
            self._name,
            family=f"{args.scope.prefix}-pgbouncer",
            settings=args.settings,
            image=pulumi.Output.concat(
                args.network.repository_url, "@", args.settings.image.digest
            ),
            ini=ini,
            health_user=self._health_user,
            health_database=args.database,
            secrets=TaskSecrets(
                userlist_arn=self._userlist.secret_arn,
                userlist_version=self._userlist.version_id,
                certificate_arn=args.certificate.secret_arn,
                certificate_version=args.certificate.version_id,
                health_login_arn=args.logins[self._health_user].secret_arn,
            ),
            execution_role_arn=self._iam.execution_role_arn,
            task_role_arn=self._iam.task_role_arn,
            log_group=logs.name,
            region=args.scope.region,
            opts=self._child,
        )

    def _service(self, task: ecs.TaskDefinition) -> ecs.Service:
        args, settings = self._args, self._args.settings
        return ecs.Service(
            self._name,
            name=f"{args.scope.prefix}-pgbouncer",
            cluster=self._cluster.arn,
            task_definition=task.arn,
            desired_count=settings.tasks.min,
            launch_type="FARGATE",
            platform_version="1.4.0",
            network_configuration=ecs.ServiceNetworkConfigurationArgs(
                subnets=args.network.private_subnet_ids,
                security_groups=[args.client_groups["pooler"]],
                assign_public_ip=False,
            ),
            load_balancers=[
                ecs.ServiceLoadBalancerArgs(
                    target_group_arn=self._load_balancer.target_group.arn,
                    container_name=CONTAINER,
                    container_port=PORT,
                )
            ],
            deployment_maximum_percent=settings.deployment_maximum_percent,
            deployment_minimum_healthy_percent=100,
            deployment_circuit_breaker=ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            health_check_grace_period_seconds=60,
            # The agent of ECS Exec needs a writable root file system.
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self._load_balancer.listener, *args.depends_on],
                ignore_changes=["desiredCount"],  # autoscaling owns it
            ),
        )
