"""Backups besides the automated ones of RDS: AWS Backup vaults and plans in two regions, and the
replication of RDS's automated backups to the recovery region."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import pulumi
from pulumi_aws import iam, rds

from components.backups import iam_policies as backup_policies
from components.backups.failures import notify_of_failures
from components.backups.plans import create_plans
from components.backups.vault import BackupVault, BackupVaultArgs
from components.monitoring.alarm_target import AlarmTarget
from components.outputs import BackupsOutputs, VaultOutputs
from components.scope import StackScope
from components.security import iam_policies
from components.security.kms_keys import RECOVERY_PURPOSES, KmsKeys, KmsKeysArgs
from config.settings.backups import BackupSettings

STORES = ("postgres", "clickhouse")
"""Purposes of the KMS keys that encrypt the backed-up resources, where an environment has them."""


@dataclass(frozen=True, kw_only=True)
class BackupsArgs:
    scope: StackScope
    settings: BackupSettings
    recovery_region: str
    instance: rds.Instance
    """The PostgreSQL primary. Replicas need no backups of their own."""
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: backups, and those of `STORES`."""
    topic_arn: pulumi.Input[str]
    """The topic for failed backup and copy jobs, and for restores."""


class Backups(pulumi.ComponentResource):
    """A vault in each of two regions, the plans that back up PostgreSQL and ClickHouse into them,
    and notifications of failed jobs."""

    outputs: BackupsOutputs

    def __init__(
        self, name: str, args: BackupsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:backups:Backups", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, scope = args.settings, args.scope
        recovery = replace(scope, region=args.recovery_region)
        protect = settings.deletion_protection.enabled
        kms_keys = args.kms_key_arns
        recovery_key_arn = KmsKeys(
            name, KmsKeysArgs(scope=recovery, purposes=RECOVERY_PURPOSES, protect=protect), child
        ).arns["recovery"]
        vaults = {
            "primary": BackupVault(
                f"{name}-vault",
                BackupVaultArgs(
                    scope=scope,
                    kms_key_arn=kms_keys["backups"],
                    lock=settings.lock,
                    protect=protect,
                    topic_arn=args.topic_arn,
                ),
                child,
            ),
            "recovery": BackupVault(
                f"{name}-recovery-vault",
                BackupVaultArgs(
                    scope=recovery,
                    kms_key_arn=recovery_key_arn,
                    lock=settings.lock,
                    protect=protect,
                ),
                child,
            ),
        }
        role_arn = self._role(
            name,
            args,
            vault_arns=[vault.arn for vault in vaults.values()],
            key_arns=[
                *(kms_keys[store] for store in STORES if store in kms_keys),
                kms_keys["backups"],
                recovery_key_arn,
            ],
        )
        plan_ids = create_plans(
            name,
            scope=scope,
            settings=settings,
            vaults=vaults,
            role_arn=role_arn,
            instance_arn=args.instance.arn,
            opts=child,
        )
        notify_of_failures(
            name,
            prefix=scope.prefix,
            vault_arn=vaults["primary"].arn,
            topic_arn=args.topic_arn,
            opts=child,
        )
        replication = self._replication(name, args, recovery, recovery_key_arn)
        regions = {"primary": scope.region, "recovery": recovery.region}
        self.outputs = BackupsOutputs(
            role_arn=role_arn,
            vaults={
                key: VaultOutputs(vault.vault_name, vault.arn, regions[key])
                for key, vault in vaults.items()
            },
            plan_ids=plan_ids,
            replication_arn=replication.id,
        )
        self.register_outputs({"role_arn": role_arn})

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        """The vault of the primary region only: alarms cannot use metrics of another region."""
        return [
            AlarmTarget(
                store="backups",
                instance="vault",
                type="backup_vault",
                dimensions={"BackupVaultName": self.outputs.vaults["primary"].name},
            )
        ]

    def _role(
        self,
        name: str,
        args: BackupsArgs,
        *,
        vault_arns: Sequence[pulumi.Input[str]],
        key_arns: Sequence[pulumi.Input[str]],
    ) -> pulumi.Output[str]:
        """The ARN of the role that AWS Backup assumes, which resolves after it has its policy."""
        child = pulumi.ResourceOptions(parent=self)
        role = iam.Role(
            name,
            name=f"{args.scope.prefix}-backup",
            description="Backs up the database and the volumes",
            assume_role_policy=iam_policies.assume_role_policy(iam_policies.BACKUP, args.scope),
            opts=child,
        )
        document = pulumi.Output.all(
            instance=args.instance.arn, vaults=list(vault_arns), keys=list(key_arns)
        ).apply(
            lambda arns: backup_policies.role_policy(
                args.scope,
                instance_arn=arns["instance"],
                vault_arns=arns["vaults"],
                key_arns=arns["keys"],
            )
        )
        role_policy = iam.RolePolicy(
            name, name="back-up", role=role.name, policy=document, opts=child
        )
        return pulumi.Output.all(role.arn, role_policy.id).apply(lambda values: str(values[0]))

    def _replication(
        self,
        name: str,
        args: BackupsArgs,
        recovery: StackScope,
        kms_key_arn: pulumi.Input[str],
    ) -> rds.InstanceAutomatedBackupsReplication:
        """Replicates the automated backups of RDS, point-in-time recovery included."""
        return rds.InstanceAutomatedBackupsReplication(
            name,
            region=recovery.region,
            source_db_instance_arn=args.instance.arn,
            kms_key_id=kms_key_arn,
            retention_period=args.settings.cross_region_copy.keep_days,
            # `replace_with`: a replaced instance gets the same ARN, but its replication has ended
            # with the old one. An instance can have only one replication per region.
            opts=pulumi.ResourceOptions(
                parent=self, delete_before_replace=True, replace_with=[args.instance]
            ),
        )
