"""PostgreSQL on RDS: the primary, its read replicas, their monitoring, and the master login."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import rds
from pulumi_random import RandomId, RandomPassword

from components.monitoring.alarm_target import AlarmTarget, numbered
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import PostgresEndpoints, StoreEndpoint
from components.outputs import PostgresOutputs, ServerOutputs
from components.postgres.alarm_targets import alarm_targets
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
from config.settings.database import DatabaseSettings
from config.settings.postgres import PostgresSettings


@dataclass(frozen=True, kw_only=True)
class PostgresClusterArgs:
    scope: StackScope
    settings: PostgresSettings
    database: DatabaseSettings
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: postgres, secrets, logs."""
    topic_arn: pulumi.Input[str]
    """The recipient of RDS events."""
    ingress_sources: IngressSources
    secret_recovery_days: int


class PostgresCluster(pulumi.ComponentResource):
    """The RDS instances with everything that they need in AWS. The database and roles inside the
    server are created by roles.py."""

    primary: PrimaryInstance
    replicas: list[rds.Instance]
    """In the order of their numbers, from 1."""
    parameter_group: pulumi.Output[str]
    """The name of the primary's parameter group."""
    secret_arns: dict[str, pulumi.Output[str]]
    """The master login's secret, with the key master."""
    endpoint: StoreEndpoint
    """The security group of all instances and the configured port."""

    def __init__(
        self, name: str, args: PostgresClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresCluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        self._name, self._args = name, args
        settings, prefix = args.settings, args.scope.prefix
        family = settings.parameter_group_family
        parameters = parameter_group(name, f"{prefix}-{family}", family, settings.parameters, child)
        master_password = password(
            f"{name}-master", args.database.master.credential_version, parent=self
        )
        # A final snapshot keeps its name after the instance is gone, so a replaced instance needs
        # a new one. The keepers are the inputs whose change replaces it.
        name_suffix = RandomId(
            f"{name}-name-suffix",
            byte_length=4,
            keepers={
                "master": args.database.master.name,
                "kms_key_arn": args.kms_key_arns["postgres"],
            },
            opts=child,
        )
        dependencies = self._dependencies()
        self.endpoint = StoreEndpoint(dependencies.security_group_id, PORT)
        instance = self._primary(dependencies, parameters, master_password, name_suffix)
        replicas = PostgresReplicas(
            f"{name}-replica",
            PostgresReplicasArgs(
                prefix=prefix,
                settings=settings,
                source_identifier=instance.identifier,
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
                instances=[server.identifier for server in (instance, *self.replicas)],
                parameter_groups=[parameters.name, *replicas.parameter_groups],
            ),
            child,
        )
        self.primary = PrimaryInstance(instance, master_password.result)
        self.parameter_group = parameters.name
        self.secret_arns = {"master": self._master_secret()}
        self.register_outputs(
            {"address": instance.address, "parameter_group": self.parameter_group}
        )

    @property
    def dns_records(self) -> dict[str, pulumi.Output[str]]:
        """The primary's address by DNS label."""
        return {"postgres": self.primary.instance.address}

    @property
    def weighted_records(self) -> dict[str, Mapping[str, pulumi.Output[str]]]:
        """Addresses of the readers, server -> address, by DNS label. Without replicas the primary
        is the only reader."""
        replicas = numbered("replica", [replica.address for replica in self.replicas])
        return {"readers": replicas or {"primary": self.primary.instance.address}}

    @property
    def server_endpoints(self) -> PostgresEndpoints:
        """Ports of the primary and of the readers, which share one DNS name and so one port."""
        reader = self.replicas[0] if self.replicas else self.primary.instance
        ports = {"primary": self.primary.instance.port, "readers": reader.port}
        return PostgresEndpoints(self.endpoint.security_group_id, ports)

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        replicas = [replica.identifier for replica in self.replicas]
        iops = self._args.settings.storage.iops
        return alarm_targets(self.primary.instance.identifier, replicas, iops)

    def outputs(self, database: pulumi.Input[str]) -> PostgresOutputs:
        instance = self.primary.instance
        return PostgresOutputs(
            identifier=instance.identifier,
            address=instance.address,
            port=instance.port,
            database=database,
            master_secret_arn=self.secret_arns["master"],
            readers=[
                ServerOutputs(replica.identifier, replica.address, replica.port)
                for replica in self.replicas
            ],
        )

    def _dependencies(self) -> InstanceDependencies:
        name, args, prefix = self._name, self._args, self._args.scope.prefix
        group = PostgresSecurityGroup(
            f"{name}-security-group",
            PostgresSecurityGroupArgs(
                prefix=prefix, vpc_id=args.network.vpc_id, ingress_sources=args.ingress_sources
            ),
            pulumi.ResourceOptions(parent=self),
        )
        replicas = replica_identifiers(prefix, args.settings.replicas.count)
        monitoring = PostgresMonitoring(
            f"{name}-monitoring",
            PostgresMonitoringArgs(
                scope=args.scope,
                logs=args.settings.log_exports,
                log_retention_days=args.settings.log_retention_days,
                logs_key_arn=args.kms_key_arns["logs"],
                servers={"primary": prefix, **numbered("replica", replicas)},
            ),
            pulumi.ResourceOptions(parent=self),
        )
        return InstanceDependencies(
            security_group_id=group.security_group_id,
            monitoring_role_arn=monitoring.monitoring_role_arn,
            insights_key_arn=args.kms_key_arns["postgres"],
            log_groups=monitoring.log_groups,
        )

    def _primary(
        self,
        dependencies: InstanceDependencies,
        parameters: rds.ParameterGroup,
        master_password: RandomPassword,
        name_suffix: RandomId,
    ) -> rds.Instance:
        args, settings, prefix = self._args, self._args.settings, self._args.scope.prefix
        subnets = rds.SubnetGroup(
            self._name,
            name=f"{prefix}-postgres",
            description="The data subnets of every zone",
            subnet_ids=args.network.data_subnet_ids,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Renaming this resource replaces the platform's data with an empty instance. It has no
        # db_name because roles.py creates the database, with an explicit encoding and collation.
        return rds.Instance(
            self._name,
            identifier=prefix,
            engine="postgres",
            engine_version=settings.engine_version,
            kms_key_id=args.kms_key_arns["postgres"],
            multi_az=settings.multi_az,
            username=args.database.master.name,
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

    def _master_secret(self) -> pulumi.Output[str]:
        """The ARN of the master login's secret."""
        args, primary, master = self._args, self.primary, self._args.database.master.name
        return LoginSecret(
            f"{self._name}-master",
            LoginSecretArgs(
                secret_name=f"{args.scope.prefix}/postgres/{master}",
                description="Master login of PostgreSQL",
                kms_key_arn=args.kms_key_arns["secrets"],
                recovery_days=args.secret_recovery_days,
                username=master,
                password=primary.master_password,
                host=primary.instance.address,
                port=primary.instance.port,
                database=args.database.name,
            ),
            pulumi.ResourceOptions(parent=self),
        ).arn
