"""ClickHouse: the hosts, the volumes that outlive them, and what they need of AWS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi

from components.clickhouse.alarm_targets import alarm_targets
from components.clickhouse.config import HTTPS, NATIVE, Cluster
from components.clickhouse.host import ClickhouseHost, ClickhouseHostArgs, HostDependencies
from components.clickhouse.iam import ClickhouseIam, ClickhouseIamArgs, ClickhousePermissions
from components.clickhouse.secrets import ClickhouseSecrets, ClickhouseSecretsArgs
from components.clickhouse.security_group import (
    ClickhouseSecurityGroup,
    ClickhouseSecurityGroupArgs,
)
from components.monitoring.alarm_target import AlarmTarget
from components.network.foundation_ref import FoundationRef
from components.network.ingress import IngressSources
from components.network.store_endpoint import StoreEndpoint
from components.outputs import ClickhouseOutputs, HostOutputs
from components.scope import StackScope
from components.security.certificate import IssuedCertificate
from components.security.secret_policies import SecretReaders
from components.storage.bucket import Bucket, BucketArgs, Expiry
from config.settings.clickhouse import LOGINS, ClickhouseSettings
from config.settings.network import PrivateDnsZone

SHARED = "clickhouse"
"""The name that stands for all hosts of the data."""
FULL_EVERY_DAYS = 7
HOSTS_LOGIN = "clickhouse-hosts"


def certificate_names(settings: ClickhouseSettings, zone: PrivateDnsZone) -> list[str]:
    """The DNS names of the certificate that all nodes share. A host connects to localhost."""
    labels = [SHARED, *(node.name for node in settings.nodes)]
    return [*(zone.fqdn(label) for label in labels), "localhost"]


@dataclass(frozen=True, kw_only=True)
class ClickhouseClusterArgs:
    scope: StackScope
    settings: ClickhouseSettings
    zone: PrivateDnsZone
    network: FoundationRef
    kms_key_arns: Mapping[str, pulumi.Input[str]]
    """By purpose: clickhouse, secrets."""
    certificate: IssuedCertificate
    """For the `certificate_names`."""
    ingress_sources: IngressSources
    secret_recovery_days: int


class ClickhouseCluster(pulumi.ComponentResource):
    """`hosts` stand in the order of the nodes: those of the data first."""

    hosts: list[ClickhouseHost]
    outputs: ClickhouseOutputs
    secret_arns: dict[str, pulumi.Output[str]]
    secret_readers: SecretReaders
    """What the hosts read as they start."""
    endpoints: dict[str, StoreEndpoint]

    def __init__(
        self, name: str, args: ClickhouseClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseCluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, prefix, keys = args.settings, args.scope.prefix, args.kms_key_arns
        self._prefix = prefix
        address = args.zone.fqdn(SHARED)
        protect, days = settings.deletion_protection.enabled, settings.backups.retention_days
        network = ClickhouseSecurityGroup(
            f"{name}-security-group",
            ClickhouseSecurityGroupArgs(
                prefix=prefix, vpc_id=args.network.vpc_id, ingress_sources=args.ingress_sources
            ),
            child,
        )
        secrets = ClickhouseSecrets(
            f"{name}-login",
            ClickhouseSecretsArgs(
                prefix=prefix,
                credential_version=settings.credential_version,
                kms_key_arn=keys["secrets"],
                recovery_days=args.secret_recovery_days,
                host=address,
            ),
            child,
        )
        backups = Bucket(
            f"{name}-backups",
            BucketArgs(
                scope=args.scope,
                bucket="events",
                kms_key_arn=keys["clickhouse"],
                old_versions_days=7,
                # what an incremental backup builds on outlives it
                expiries=[Expiry("full/", days + FULL_EVERY_DAYS), Expiry("incremental/", days)],
                protect=protect,
                disposable=not protect,
            ),
            child,
        )
        role = ClickhouseIam(
            f"{name}-iam",
            ClickhouseIamArgs(
                scope=args.scope,
                grants=ClickhousePermissions(
                    packages=args.network.packages_bucket,
                    secrets=[secrets.hosts_arn, args.certificate.secret_arn],
                    backups=backups.arn,
                    keys=[keys["secrets"], keys["clickhouse"]],
                ),
            ),
            child,
        )
        self.hosts = self._hosts(
            name, args, HostDependencies.of(args.network, network, secrets, role, backups)
        )
        self.secret_arns = {
            HOSTS_LOGIN: secrets.hosts_arn,
            **{f"clickhouse-{key}": secrets.login_arns[login] for key, login in LOGINS.items()},
        }
        self.secret_readers = {
            key: [role.arn] for key in (HOSTS_LOGIN, args.certificate.secret_key)
        }
        self.endpoints = {
            "clickhouse": StoreEndpoint(network.hosts_group_id, HTTPS),
            "clickhouse-native": StoreEndpoint(network.hosts_group_id, NATIVE),
        }
        self.outputs = ClickhouseOutputs(
            address=address,
            native_port=NATIVE,
            https_port=HTTPS,
            hosts={
                host.node.name: HostOutputs(host.instance.id, host.volume_id) for host in self.hosts
            },
            secret_arns=secrets.login_arns,
            backups_bucket=backups.name,
        )
        self.register_outputs({"backups_bucket": backups.name})

    @property
    def alarm_targets(self) -> list[AlarmTarget]:
        return [
            target
            for host in self.hosts
            for target in alarm_targets(
                host.node.name,
                instance_id=host.instance.id,
                volume_id=host.volume_id,
                metrics_host=f"{self._prefix}-{host.node.name}",
                backs_up=host.node.backs_up,
            )
        ]

    @property
    def dns_records(self) -> dict[str, pulumi.Output[str]]:
        """Where each node is, by its private name."""
        return {host.node.name: host.instance.private_dns for host in self.hosts}

    @property
    def weighted_records(self) -> dict[str, Mapping[str, pulumi.Output[str]]]:
        """Where the hosts of the data are, by the one name that clients reach all of them by."""
        of_data = [host for host in self.hosts if host.node.holds_data]
        return {SHARED: {host.node.name: host.instance.private_dns for host in of_data}}

    def _hosts(
        self, name: str, args: ClickhouseClusterArgs, dependencies: HostDependencies
    ) -> list[ClickhouseHost]:
        settings = args.settings
        cluster = Cluster(settings.nodes, args.zone.name)
        made: list[ClickhouseHost] = []
        for node in cluster.nodes:
            # One after the other, as soon as AWS says that the last one runs; to wait until
            # ClickHouse answers as well takes `up --target` (docs/adr/0017).
            opts = pulumi.ResourceOptions(
                parent=self, depends_on=[made[-1].instance] if made else []
            )
            made.append(
                ClickhouseHost(
                    node.name.replace("clickhouse", name),
                    ClickhouseHostArgs(
                        scope=args.scope,
                        settings=settings,
                        cluster=cluster,
                        node=node,
                        dependencies=dependencies,
                        kms_key_arn=args.kms_key_arns["clickhouse"],
                        certificate_arn=args.certificate.secret_arn,
                    ),
                    opts,
                )
            )
        return made
