"""PgBouncer: the connection pooler before PostgreSQL, as a service on Fargate."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import appautoscaling, cloudwatch, ecs

from components.monitoring.alarm_target import AlarmTarget, PgBouncerService
from components.network.client_security_groups import Client
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import PostgresEndpoints
from components.outputs import PgbouncerOutputs
from components.pgbouncer import config as pgbouncer_ini
from components.pgbouncer.iam import PgbouncerIam, PgbouncerIamArgs
from components.pgbouncer.load_balancer import PgbouncerLoadBalancer, PgbouncerLoadBalancerArgs
from components.pgbouncer.task_definition import CONTAINER, VOLUME, container_definitions, secret_at
from components.pgbouncer.userlist import PgbouncerUserlist, PgbouncerUserlistArgs
from components.postgres.roles import RoleLogin
from components.scope import StackScope
from components.security.certificates import IssuedCertificate
from components.security.secret_policies import SecretReaders
from config.settings.stack import Settings

LABEL = "pgbouncer"
SCALED_AT_CPU_PERCENT = 60
"""One process uses one core: a task that is busier answers late."""


@dataclass(frozen=True, kw_only=True)
class PgbouncerServiceArgs:
    settings: Settings
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: secrets, logs."""
    client_groups: Mapping[Client, pulumi.Input[str]]
    """Security groups: its tasks' own, and those of who connects to it."""
    servers: PostgresEndpoints
    logins: Mapping[str, RoleLogin]
    certificate: IssuedCertificate
    zone_id: pulumi.Input[str]
    after: Sequence[pulumi.Resource]
    """What a task needs to be healthy: the servers' names, and roles that log in to them."""


def host(settings: Settings) -> str:
    """The name that clients are configured with."""
    return f"{LABEL}.{settings.private_dns_zone.name}"


class PgbouncerService(pulumi.ComponentResource):
    """`entry` has the load balancer and its target group."""

    cluster: ecs.Cluster
    service: ecs.Service
    entry: PgbouncerLoadBalancer

    def __init__(
        self, name: str, args: PgbouncerServiceArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerService", name, None, opts)
        self._name, self._args = name, args
        self._child = child = pulumi.ResourceOptions(parent=self)
        self._place, self._host = StackScope.of(args.settings), host(args.settings)
        self.entry = PgbouncerLoadBalancer(
            f"{name}-load-balancer",
            PgbouncerLoadBalancerArgs(
                prefix=self._place.prefix,
                network=args.network,
                ingress_sources=IngressSources.of(
                    args.settings.allowed_clients, args.client_groups, "clients", "bastion"
                ),
                task_group_id=args.client_groups["pooler"],
                servers_group_id=args.servers.security_group_id,
                host=self._host,
                zone_id=args.zone_id,
            ),
            child,
        )
        self._logins = self._users()
        self.cluster = ecs.Cluster(
            name,
            name=f"{self._place.prefix}-pgbouncer",
            settings=[ecs.ClusterSettingArgs(name="containerInsights", value="enabled")],
            opts=child,
        )
        logs = cloudwatch.LogGroup(
            name,
            name=f"/{self._place.prefix}/pgbouncer",
            retention_in_days=args.settings.pgbouncer.log_retention_days,
            kms_key_id=args.kms_key_arns["logs"],
            opts=child,
        )
        self._roles = roles = PgbouncerIam(
            f"{name}-iam",
            PgbouncerIamArgs(
                scope=self._place,
                repository_url=args.network.repository_url,
                log_group_arn=logs.arn,
                secret_arns=[
                    self._logins.secret_arn,
                    args.certificate.secret_arn,
                    self._health.secret_arn,
                ],
                kms_key_arn=args.kms_key_arns["secrets"],
            ),
            child,
        )
        self.service = self._service(self._task(roles, logs))
        self._scaling()
        self.register_outputs({"host": self._host, "service": self.service.name})

    def outputs(self) -> PgbouncerOutputs:
        return PgbouncerOutputs(
            host=self._host,
            address=self.entry.balancer.dns_name,
            port=self.entry.listener.port.apply(lambda port: port or pgbouncer_ini.PORT),
            databases=list(self._args.settings.pgbouncer.pools),
            admin_secret_arn=self._logins.console_secret_arns[pgbouncer_ini.ADMIN],
            stats_secret_arn=self._logins.console_secret_arns[pgbouncer_ini.STATS],
            cluster=self.cluster.name,
            service=self.service.name,
        )

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        return PgBouncerService(
            cluster=self.cluster.name,
            service=self.service.name,
            load_balancer=self.entry.balancer.arn_suffix,
            target_group=self.entry.target_group.arn_suffix,
            tasks=self._args.settings.pgbouncer.tasks.min,
        ).alarm_targets()

    @property
    def secret_arns(self) -> Mapping[str, pulumi.Output[str]]:
        """`console-` before the name of each of the console's users."""
        console = self._logins.console_secret_arns
        return {"userlist": self._logins.secret_arn} | {
            f"console-{user}": arn for user, arn in console.items()
        }

    @property
    def secret_readers(self) -> SecretReaders:
        """What ECS hands to the tasks."""
        mine = ("userlist", "tls-pgbouncer", self._health_user)
        return {key: [self._roles.execution_role_arn] for key in mine}

    @property
    def _health(self) -> RoleLogin:
        return self._args.logins[self._health_user]

    @property
    def _health_user(self) -> str:
        """The first who may use the documented pool."""
        settings = self._args.settings
        return settings.pgbouncer.pools[settings.database.name].users[0]

    def _users(self) -> PgbouncerUserlist:
        args, settings = self._args, self._args.settings.pgbouncer
        return PgbouncerUserlist(
            f"{self._name}-userlist",
            PgbouncerUserlistArgs(
                prefix=self._place.prefix,
                host=self._host,
                kms_key_arn=args.kms_key_arns["secrets"],
                recovery_days=args.settings.secrets.recovery_days,
                credential_versions={
                    pgbouncer_ini.ADMIN: settings.admin_credential_version,
                    pgbouncer_ini.STATS: settings.stats_credential_version,
                },
                verifiers={user: args.logins[user].verifier for user in settings.users},
            ),
            self._child,
        )

    def _task(self, roles: PgbouncerIam, logs: cloudwatch.LogGroup) -> ecs.TaskDefinition:
        args, settings = self._args, self._args.settings
        zone, database = settings.private_dns_zone.name, settings.database.name
        hosts = {"primary": f"postgres.{zone}", "readers": f"readers.{zone}"}
        ini = pulumi.Output.all(**args.servers.ports).apply(
            lambda ports: pgbouncer_ini.render(settings.pgbouncer, database, hosts, ports)
        )
        definitions = pulumi.Output.all(
            image=pulumi.Output.concat(
                args.network.repository_url, "@", settings.pgbouncer.image.digest
            ),
            ini=ini,
            log_group=logs.name,
            logins=self._logins.secret_arn,
            logins_version=self._logins.version_id,
            certificate=args.certificate.secret_arn,
            certificate_version=args.certificate.version_id,
            health=self._health.secret_arn,
        ).apply(
            lambda known: container_definitions(
                image=known["image"],
                ini=known["ini"],
                health_user=self._health_user,
                health_database=database,
                secrets={
                    "PGBOUNCER_USERLIST": secret_at(
                        known["logins"], "userlist", known["logins_version"]
                    ),
                    "TLS_CERTIFICATE": secret_at(
                        known["certificate"], "certificate", known["certificate_version"]
                    ),
                    "TLS_PRIVATE_KEY": secret_at(
                        known["certificate"], "private_key", known["certificate_version"]
                    ),
                    # its verifier is in the list: a new password rolls the service all the same
                    "PGPASSWORD": secret_at(known["health"], "password"),
                },
                log_group=known["log_group"],
                region=self._place.region,
            )
        )
        return ecs.TaskDefinition(
            self._name,
            family=f"{self._place.prefix}-pgbouncer",
            requires_compatibilities=["FARGATE"],
            network_mode="awsvpc",
            cpu=str(settings.pgbouncer.cpu),
            memory=str(settings.pgbouncer.memory_mib),
            runtime_platform=ecs.TaskDefinitionRuntimePlatformArgs(
                cpu_architecture="ARM64", operating_system_family="LINUX"
            ),
            execution_role_arn=roles.execution_role_arn,
            task_role_arn=roles.task_role_arn,
            volumes=[ecs.TaskDefinitionVolumeArgs(name=VOLUME)],
            container_definitions=definitions,
            opts=self._child,
        )

    def _service(self, task: ecs.TaskDefinition) -> ecs.Service:
        args, settings = self._args, self._args.settings.pgbouncer
        return ecs.Service(
            self._name,
            name=f"{self._place.prefix}-pgbouncer",
            cluster=self.cluster.arn,
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
                    target_group_arn=self.entry.target_group.arn,
                    container_name=CONTAINER,
                    container_port=pgbouncer_ini.PORT,
                )
            ],
            deployment_maximum_percent=settings.deployment_maximum_percent,
            deployment_minimum_healthy_percent=100,
            deployment_circuit_breaker=ecs.ServiceDeploymentCircuitBreakerArgs(
                enable=True, rollback=True
            ),
            health_check_grace_period_seconds=60,
            # Its agent needs a writable root.
            enable_execute_command=False,
            enable_ecs_managed_tags=True,
            propagate_tags="SERVICE",
            wait_for_steady_state=True,
            opts=pulumi.ResourceOptions(
                parent=self,
                depends_on=[self.entry.listener, *args.after],
                # autoscaling's from the first moment on
                ignore_changes=["desiredCount"],
            ),
        )

    def _scaling(self) -> None:
        tasks = self._args.settings.pgbouncer.tasks
        target = appautoscaling.Target(
            self._name,
            service_namespace="ecs",
            resource_id=pulumi.Output.format(
                "service/{0}/{1}", self.cluster.name, self.service.name
            ),
            scalable_dimension="ecs:service:DesiredCount",
            min_capacity=tasks.min,
            max_capacity=tasks.max,
            opts=self._child,
        )
        tracking = appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
            predefined_metric_specification=appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
                predefined_metric_type="ECSServiceAverageCPUUtilization"
            ),
            target_value=SCALED_AT_CPU_PERCENT,
            scale_in_cooldown=300,
            scale_out_cooldown=60,
        )
        appautoscaling.Policy(
            self._name,
            name=f"{self._place.prefix}-pgbouncer-cpu",
            policy_type="TargetTrackingScaling",
            service_namespace=target.service_namespace,
            resource_id=target.resource_id,
            scalable_dimension=target.scalable_dimension,
            target_tracking_scaling_policy_configuration=tracking,
            opts=self._child,
        )
