"""The ClickHouse cluster: EC2 hosts with data volumes that outlive them, and their security groups,
secrets, IAM role and backup bucket."""

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
"""The DNS label of all hosts that hold data."""
FULL_EVERY_DAYS = 7
"""The interval of full backups in scripts/backup.sh."""
HOSTS_LOGIN = "clickhouse-hosts"
"""The secret key of the hosts' secret."""


def certificate_names(settings: ClickhouseSettings, zone: PrivateDnsZone) -> list[str]:
    """The DNS names of the certificate that all nodes share. It includes localhost, because scripts
    on a host connect to it."""
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
    """A certificate for `certificate_names`."""
    ingress_sources: IngressSources
    secret_recovery_days: int


class ClickhouseCluster(pulumi.ComponentResource):
    """The hosts of the cluster and everything that they need in AWS."""

    hosts: list[ClickhouseHost]
    """In the order of the nodes: those with data first, then those that run Keeper only."""
    outputs: ClickhouseOutputs
    secret_arns: dict[str, pulumi.Output[str]]
    """By secret key: the hosts' secret, and one per login of clients."""
    secret_readers: SecretReaders
    """The secrets that the hosts read when they start and once a day."""
    endpoints: dict[str, StoreEndpoint]
    """By protocol: clickhouse (HTTPS) and clickhouse-native."""

    def __init__(
        self, name: str, args: ClickhouseClusterArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseCluster", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        settings, prefix, kms_keys = args.settings, args.scope.prefix, args.kms_key_arns
        self._prefix = prefix
        address = args.zone.fqdn(SHARED)
        protect, days = settings.deletion_protection.enabled, settings.backups.retention_days
        security_groups = ClickhouseSecurityGroup(
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
                kms_key_arn=kms_keys["secrets"],
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
                kms_key_arn=kms_keys["clickhouse"],
                old_versions_days=7,
                # A full backup must outlive the incremental backups that are based on it.
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
                permissions=ClickhousePermissions(
                    packages_bucket=args.network.packages_bucket,
                    secret_arns=[secrets.hosts_arn, args.certificate.secret_arn],
                    backups_bucket_arn=backups.arn,
                    kms_key_arns=[kms_keys["secrets"], kms_keys["clickhouse"]],
                ),
            ),
            child,
        )
        self.hosts = self._hosts(
            name, args, HostDependencies.of(args.network, security_groups, secrets, role, backups)
        )
        self.secret_arns = {
            HOSTS_LOGIN: secrets.hosts_arn,
            **{f"clickhouse-{key}": secrets.login_arns[login] for key, login in LOGINS.items()},
        }
        self.secret_readers = {
            key: [role.arn] for key in (HOSTS_LOGIN, args.certificate.secret_key)
        }
        self.endpoints = {
            "clickhouse": StoreEndpoint(security_groups.hosts_group_id, HTTPS),
            "clickhouse-native": StoreEndpoint(security_groups.hosts_group_id, NATIVE),
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
        """The address of each node by DNS label."""
        return {host.node.name: host.instance.private_dns for host in self.hosts}

    @property
    def weighted_records(self) -> dict[str, Mapping[str, pulumi.Output[str]]]:
        """Addresses of the hosts that hold data, node -> address, by the DNS label they share."""
        return {
            SHARED: {
                host.node.name: host.instance.private_dns
                for host in self.hosts
                if host.node.holds_data
            }
        }

    def _hosts(
        self, name: str, args: ClickhouseClusterArgs, dependencies: HostDependencies
    ) -> list[ClickhouseHost]:
        settings = args.settings
        cluster = Cluster(settings.nodes, args.zone.name)
        hosts: list[ClickhouseHost] = []
        for node in cluster.nodes:
            # Hosts are replaced one after the other, but each only waits until EC2 reports the
            # previous instance as running. To wait until ClickHouse answers too, update the hosts
            # one by one with `--target` (docs/adr/0017).
            opts = pulumi.ResourceOptions(
                parent=self, depends_on=[hosts[-1].instance] if hosts else []
            )
            hosts.append(
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
        return hosts
