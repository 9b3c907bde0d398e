"""The PostgreSQL primary: groups, master login and the instance itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import rds
from pulumi_random import RandomId

from components.login_secret import LoginSecret, LoginSecretArgs
from components.passwords import password
from components.postgres_network import PORT
from config import budgets
from config.settings import Access, Parameter
from config.settings import Postgres as PostgresSettings


@dataclass(frozen=True)
class PostgresArgs:
    prefix: str
    settings: PostgresSettings
    access: Access
    kms_key_arn: pulumi.Input[str]
    subnet_ids: pulumi.Input[Sequence[str]]
    security_group_id: pulumi.Input[str]


class Postgres(pulumi.ComponentResource):
    """`instance` is the primary; `creation` is a suffix that no earlier creation of it had."""

    instance: rds.Instance
    parameter_group: pulumi.Output[str]
    master_password: pulumi.Output[str]
    master_secret_arn: pulumi.Output[str]
    creation: pulumi.Output[str]

    def __init__(
        self, name: str, args: PostgresArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:Postgres", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, master = args.settings, args.access.master
        protected = settings.deletion_protection.enabled

        subnets = rds.SubnetGroup(
            name,
            name=f"{args.prefix}-postgres",
            description="The data subnets of every zone",
            subnet_ids=args.subnet_ids,
            opts=child,
        )
        family = f"postgres{settings.major_version}"
        # A group in use can't be deleted: another family needs a new group first, so another name.
        parameters = rds.ParameterGroup(
            name,
            name=f"{args.prefix}-{family}",
            family=family,
            description=f"Parameters of {family}",
            parameters=parameter_rows(settings.parameters),
            opts=child,
        )
        master_password = password(f"{name}-master", master.generation, parent=self)
        # Final snapshots and secrets of an earlier creation keep their names after it is gone; the
        # keepers are what makes AWS replace the instance.
        creation = RandomId(
            f"{name}-creation",
            byte_length=4,
            keepers={"master": master.name, "kms_key_arn": args.kms_key_arn},
            opts=child,
        )
        # The data of the platform. Renaming it here means a new, empty instance. It has no
        # db_name: the database is made with an explicit encoding and collation in access.py.
        self.instance = rds.Instance(
            name,
            identifier=args.prefix,
            engine="postgres",
            engine_version=settings.engine_version,
            auto_minor_version_upgrade=True,
            instance_class=settings.instance_class,
            allocated_storage=settings.storage.allocated_gb,
            storage_type="gp3",
            iops=budgets.provisioned_iops(settings.storage.allocated_gb, settings.storage.iops),
            storage_encrypted=True,
            kms_key_id=args.kms_key_arn,
            multi_az=settings.multi_az,
            username=master.name,
            password=master_password.result,
            iam_database_authentication_enabled=True,
            port=PORT,
            publicly_accessible=False,
            db_subnet_group_name=subnets.name,
            vpc_security_group_ids=[args.security_group_id],
            ca_cert_identifier="rds-ca-rsa2048-g1",
            parameter_group_name=parameters.name,
            backup_retention_period=settings.backup_retention_days,
            backup_window=settings.backup_window,
            maintenance_window=settings.maintenance_window,
            copy_tags_to_snapshot=True,
            apply_immediately=settings.apply_immediately,
            deletion_protection=protected,
            skip_final_snapshot=False,
            final_snapshot_identifier=pulumi.Output.format(
                "{0}-final-{1}", args.prefix, creation.hex
            ),
            opts=pulumi.ResourceOptions(parent=self, protect=protected),
        )
        secret = LoginSecret(
            f"{name}-master",
            LoginSecretArgs(
                secret_name=pulumi.Output.format(
                    "{0}/postgres/{1}-{2}", args.prefix, master.name, creation.hex
                ),
                description="Master login of PostgreSQL",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.access.secret_recovery_days,
                username=master.name,
                password=master_password.result,
                host=self.instance.address,
                port=self.instance.port,
                database=args.access.database,
            ),
            child,
        )
        self.parameter_group = parameters.name
        self.master_password = master_password.result
        self.master_secret_arn = secret.arn
        self.creation = creation.hex
        self.register_outputs(
            {"address": self.instance.address, "parameter_group": self.parameter_group}
        )


def parameter_rows(parameters: Mapping[str, Parameter]) -> list[rds.ParameterGroupParameterArgs]:
    """Sorted, so that the order in a file is no difference."""
    return [
        rds.ParameterGroupParameterArgs(
            name=name, value=parameter.value, apply_method=parameter.apply_method
        )
        for name, parameter in sorted(parameters.items())
    ]
