"""PostgreSQL: the primary, its replicas, what watches them, and the master's login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import rds
from pulumi_random import RandomId, RandomPassword

from components.monitoring.alarm_target import AlarmTarget, PostgresServers
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import PostgresEndpoints, StoreEndpoint
from components.outputs import PostgresOutputs, ServerOutputs
from components.postgres.events import PostgresEvents, PostgresEventsArgs
from components.postgres.instance import (
    PORT,
    InstanceDependencies,
    PrimaryInstance,
    server_inputs,
    server_options,
)
from components.postgres.monitoring import PostgresMonitoring, PostgresMonitoringArgs
from components.postgres.parameter_group import parameter_group
from components.postgres.replicas import PostgresReplicas, PostgresReplicasArgs, replica_identifiers
from components.postgres.security_group import PostgresSecurityGroup, PostgresSecurityGroupArgs
from components.scope import StackScope
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from config.settings.stack import Settings


@dataclass(frozen=True, kw_only=True)
class PostgresClusterArgs:
    settings: Settings
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: postgres, secrets, logs."""
    topic_arn: pulumi.Input[str]
    ingress_sources: IngressSources

    @property
    def scope(self) -> StackScope:
        return StackScope.of(self.settings)


class PostgresCluster(pulumi.ComponentResource):
    """`instance` is the primary; `creation` is a suffix that no earlier creation of it had; `way`
    leads to every server."""

    instance: rds.Instance
    replicas: list[rds.Instance]
    parameter_group: pulumi.Output[str]
    master_password: pulumi.Output[str]
    master_secret_arn: pulumi.Output[str]
    name_suffix: pulumi.Output[str]
    endpoint: StoreEndpoint

    def __init__(
        self, name: str, args: PostgresClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresCluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._args = args
        settings, prefix = args.settings.postgres, args.scope.prefix
        family = settings.parameter_group_family
        parameters = parameter_group(name, f"{prefix}-{family}", family, settings.parameters, child)
        master = args.settings.database.master
        master_password = password(f"{name}-master", master.credential_version, parent=self)
        # Final snapshots and secrets of an earlier creation keep their names after it is gone; the
        # keepers are what makes AWS replace the instance.
        name_suffix = RandomId(
            f"{name}-name-suffix",
            byte_length=4,
            keepers={
                "master": master.name,
                "kms_key_arn": args.kms_key_arns["postgres"],
            },
            opts=child,
        )
        dependencies = self._surroundings(name, args)
        self.endpoint = StoreEndpoint(dependencies.security_group_id, PORT)
        self.instance = self._primary(
            name, args, dependencies, parameters, master_password, name_suffix
        )
        replicas = PostgresReplicas(
            f"{name}-replica",
            PostgresReplicasArgs(
                prefix=prefix,
                settings=settings,
                source_identifier=self.instance.identifier,
                zones=args.network.zones(settings.replicas.count),
                dependencies=dependencies,
            ),
            child,
        )
        self.replicas = replicas.instances
        PostgresEvents(
            f"{name}-events",
            PostgresEventsArgs(
                prefix=prefix,
                topic_arn=args.topic_arn,
                instances=[server.identifier for server in (self.instance, *self.replicas)],
                parameter_groups=[parameters.name, *replicas.parameter_groups],
            ),
            child,
        )
        secret = self._secret(name, args, master_password, name_suffix)
        self.parameter_group = parameters.name
        self.master_password = master_password.result
        self.master_secret_arn = secret.arn
        self.name_suffix = name_suffix.hex
        self.register_outputs(
            {"address": self.instance.address, "parameter_group": self.parameter_group}
        )

    @property
    def dns_records(self) -> dict[str, pulumi.Output[str]]:
        return {"postgres": self.instance.address}

    @property
    def weighted_records(self) -> dict[str, Mapping[str, pulumi.Output[str]]]:
        return {"readers": self.reader_addresses}

    @property
    def reader_addresses(self) -> Mapping[str, pulumi.Output[str]]:
        """Addresses for reading by server: the replicas', or the primary's where there is none."""
        replicas = {
            f"replica-{number}": replica.address for number, replica in enumerate(self.replicas, 1)
        }
        return replicas or {"primary": self.instance.address}

    @property
    def secret_arns(self) -> Mapping[str, pulumi.Output[str]]:
        return {"master": self.master_secret_arn}

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        replicas = [replica.identifier for replica in self.replicas]
        iops = self._args.settings.postgres.storage.iops
        return PostgresServers(self.instance.identifier, replicas, iops).alarm_targets()

    @property
    def primary(self) -> PrimaryInstance:
        return PrimaryInstance(self.instance, self.master_password, self.name_suffix)

    @property
    def servers(self) -> PostgresEndpoints:
        """The ports of the primary, and of what `reads` leads to: one name, so one port."""
        first = self.replicas[0] if self.replicas else self.instance
        ports = {"primary": self.instance.port, "readers": first.port}
        return PostgresEndpoints(self.endpoint.security_group_id, ports)

    def outputs(self, database: pulumi.Input[str]) -> PostgresOutputs:
        return PostgresOutputs(
            identifier=self.instance.identifier,
            address=self.instance.address,
            port=self.instance.port,
            database=database,
            master_secret_arn=self.master_secret_arn,
            readers=[
                ServerOutputs(replica.identifier, replica.address, replica.port)
                for replica in self.replicas
            ],
        )

    def _surroundings(self, name: str, args: PostgresClusterArgs) -> InstanceDependencies:
        prefix, settings, network = args.scope.prefix, args.settings.postgres, args.network
        entry = PostgresSecurityGroup(
            f"{name}-security-group",
            PostgresSecurityGroupArgs(
                prefix=prefix, vpc_id=network.vpc_id, ingress_sources=args.ingress_sources
            ),
            pulumi.ResourceOptions(parent=self),
        )
        watch = PostgresMonitoring(
            f"{name}-monitoring",
            PostgresMonitoringArgs(
                scope=args.scope,
                logs=settings.log_exports,
                log_retention_days=settings.log_retention_days,
                logs_key_arn=args.kms_key_arns["logs"],
                servers={
                    "primary": prefix,
                    **{
                        f"replica-{number}": identifier
                        for number, identifier in enumerate(
                            replica_identifiers(prefix, settings.replicas.count), 1
                        )
                    },
                },
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return InstanceDependencies(
            security_group_id=entry.security_group_id,
            monitoring_role_arn=watch.monitoring_role_arn,
            insights_key_arn=args.kms_key_arns["postgres"],
            log_groups=watch.log_groups,
        )

    def _primary(
        self,
        name: str,
        args: PostgresClusterArgs,
        dependencies: InstanceDependencies,
        parameters: rds.ParameterGroup,
        master_password: RandomPassword,
        name_suffix: RandomId,
    ) -> rds.Instance:
        self._args = args
        settings, prefix = args.settings.postgres, args.scope.prefix
        subnets = rds.SubnetGroup(
            name,
            name=f"{prefix}-postgres",
            description="The data subnets of every zone",
            subnet_ids=args.network.data_subnet_ids,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # The data of the platform. Renaming it here means a new, empty instance. It has no
        # db_name: the database is made with an explicit encoding and collation in access.py.
        return rds.Instance(
            name,
            identifier=prefix,
            engine="postgres",
            engine_version=settings.engine_version,
            kms_key_id=args.kms_key_arns["postgres"],
            multi_az=settings.multi_az,
            username=args.settings.database.master.name,
            password=master_password.result,
            db_subnet_group_name=subnets.name,
            parameter_group_name=parameters.name,
            backup_retention_period=settings.backup_retention_days,
            backup_window=str(settings.backup_window),
            delete_automated_backups=not settings.automated_backups.keep_after_deletion,
            skip_final_snapshot=False,
            final_snapshot_identifier=pulumi.Output.format(
                "{0}-final-{1}", prefix, name_suffix.hex
            ),
            **server_inputs(settings, dependencies),
            opts=server_options(self, settings, dependencies),
        )

    def _secret(
        self,
        name: str,
        args: PostgresClusterArgs,
        master_password: RandomPassword,
        name_suffix: RandomId,
    ) -> LoginSecret:
        master = args.settings.database.master.name
        return LoginSecret(
            f"{name}-master",
            LoginSecretArgs(
                secret_name=pulumi.Output.format(
                    "{0}/postgres/{1}-{2}", args.scope.prefix, master, name_suffix.hex
                ),
                description="Master login of PostgreSQL",
                kms_key_arn=args.kms_key_arns["secrets"],
                recovery_days=args.settings.secrets.recovery_days,
                username=master,
                password=master_password.result,
                host=self.instance.address,
                port=self.instance.port,
                database=args.settings.database.name,
            ),
            pulumi.ResourceOptions(parent=self),
        )
