"""The main project: PostgreSQL, Redis, ClickHouse and PgBouncer, and what operates them."""

from __future__ import annotations

from components.backups.backups import Backups, BackupsArgs
from components.bastion.bastion import Bastion, BastionArgs
from components.clickhouse.cluster import (
    ClickhouseCluster,
    ClickhouseClusterArgs,
    certificate_names,
)
from components.monitoring.alarms import Alarms, AlarmsArgs
from components.monitoring.topics import AlarmTopics, AlarmTopicsArgs
from components.network.client_security_groups import (
    ClientSecurityGroups,
    ClientSecurityGroupsArgs,
)
from components.network.foundation_ref import foundation_ref
from components.network.ingress import IngressSources
from components.network.private_dns import PrivateDns, PrivateDnsArgs
from components.outputs import RoleOutputs, StackOutputs, export
from components.pgbouncer.service import LABEL, PgbouncerService, PgbouncerServiceArgs
from components.postgres.cluster import PostgresCluster, PostgresClusterArgs
from components.postgres.roles import PostgresRoles, PostgresRolesArgs
from components.redis.redis import Redis, RedisArgs
from components.scope import StackScope
from components.security.certificate_authority import CertificateAuthority, CertificateAuthorityArgs
from components.security.kms_keys import PURPOSES, KmsKeys, KmsKeysArgs
from components.security.secret_policies import SecretPolicies, SecretPoliciesArgs
from config import load

settings = load.main()
scope = StackScope.of(settings)
zone = settings.private_dns_zone
recovery_days = settings.secrets.recovery_days
protect = settings.postgres.deletion_protection.enabled

# Network, keys, alarm topics, certificates

foundation = foundation_ref(settings)
kms_keys = KmsKeys("keys", KmsKeysArgs(scope=scope, purposes=PURPOSES, protect=protect)).arns
topics = AlarmTopics(
    "alarm-topics",
    AlarmTopicsArgs(
        scope=scope,
        subscribers=settings.alarms.subscribers,
        kms_key_arn=kms_keys["notifications"],
    ),
).arns
client_groups = ClientSecurityGroups(
    "client-security-groups",
    ClientSecurityGroupsArgs(prefix=scope.prefix, vpc_id=foundation.vpc_id),
).ids
# Applications reach PostgreSQL through PgBouncer only: connections past it would escape its limits.
through_pgbouncer = IngressSources.of(settings.allowed_clients, client_groups, "pooler", "bastion")
direct = IngressSources.of(settings.allowed_clients, client_groups, "clients", "bastion")
authority = CertificateAuthority(
    "tls",
    CertificateAuthorityArgs(
        scope=scope,
        settings=settings.certificates,
        kms_key_arn=kms_keys["secrets"],
        recovery_days=recovery_days,
    ),
)

# Data stores

postgres = PostgresCluster(
    "postgres",
    PostgresClusterArgs(
        scope=scope,
        settings=settings.postgres,
        database=settings.database,
        network=foundation,
        kms_key_arns=kms_keys,
        topic_arn=topics["warning"],
        ingress_sources=through_pgbouncer,
        secret_recovery_days=recovery_days,
    ),
)
redis = Redis(
    "redis",
    RedisArgs(
        scope=scope,
        settings=settings.redis,
        network=foundation,
        kms_key_arns=kms_keys,
        ingress_sources=direct,
        secret_recovery_days=recovery_days,
    ),
)
clickhouse = ClickhouseCluster(
    "clickhouse",
    ClickhouseClusterArgs(
        scope=scope,
        settings=settings.clickhouse,
        zone=zone,
        network=foundation,
        kms_key_arns=kms_keys,
        certificate=authority.issue(
            "clickhouse", certificate_names(settings.clickhouse, zone), client=True
        ),
        ingress_sources=direct,
        secret_recovery_days=recovery_days,
    ),
)
private_dns = PrivateDns(
    "private-dns",
    PrivateDnsArgs(
        zone=zone,
        vpc_id=foundation.vpc_id,
        dns_records={**postgres.dns_records, **redis.dns_records, **clickhouse.dns_records},
        weighted_records={**postgres.weighted_records, **clickhouse.weighted_records},
    ),
)

# Inside PostgreSQL, and the way to it

database = PostgresRoles(
    "database",
    PostgresRolesArgs(
        prefix=scope.prefix,
        settings=settings.database,
        primary=postgres.primary,
        kms_key_arn=kms_keys["secrets"],
        secret_recovery_days=recovery_days,
        protect=protect,
    ),
)
pgbouncer = PgbouncerService(
    "pgbouncer",
    PgbouncerServiceArgs(
        scope=scope,
        settings=settings.pgbouncer,
        database=settings.database.name,
        host=zone.fqdn(LABEL),
        zone_id=private_dns.zone_id,
        network=foundation,
        kms_key_arns=kms_keys,
        client_groups=client_groups,
        ingress_sources=direct,
        servers=postgres.server_endpoints,
        server_names={
            "primary": private_dns.record_names["postgres"],
            "readers": private_dns.record_names["readers"],
        },
        logins=database.logins,
        certificate=authority.issue("pgbouncer", [zone.fqdn(LABEL)]),
        secret_recovery_days=recovery_days,
        depends_on=[private_dns, database],
    ),
)
bastion = Bastion(
    "bastion",
    BastionArgs(
        scope=scope,
        settings=settings.bastion,
        image_digest=settings.pgbouncer.image.digest,
        network=foundation,
        kms_key_arns=kms_keys,
        security_group_id=client_groups["bastion"],
        endpoints={
            "postgres": postgres.endpoint,
            "redis": redis.endpoint,
            **clickhouse.endpoints,
            "pgbouncer": pgbouncer.endpoint,
        },
    ),
)

# Operations: who reads which secret, backups, alarms

SecretPolicies(
    "secret-policies",
    SecretPoliciesArgs(
        scope=scope,
        settings=settings.secrets,
        secret_arns=[
            postgres.secret_arns,
            redis.secret_arns,
            clickhouse.secret_arns,
            database.secret_arns,
            authority.secret_arns,
            pgbouncer.secret_arns,
        ],
        readers=[clickhouse.secret_readers, pgbouncer.secret_readers],
    ),
)
backups = Backups(
    "backups",
    BackupsArgs(
        scope=scope,
        settings=settings.backups,
        recovery_region=settings.recovery_region,
        instance=postgres.primary.instance,
        kms_key_arns=kms_keys,
        topic_arn=topics["warning"],
    ),
)
Alarms(
    "alarms",
    AlarmsArgs(
        scope=scope,
        settings=settings.alarms,
        topic_arns=topics,
        targets=[
            *postgres.alarm_targets,
            *redis.alarm_targets,
            *clickhouse.alarm_targets,
            *pgbouncer.alarm_targets,
            *backups.alarm_targets,
            *authority.alarm_targets(clock=postgres.primary.instance.identifier),
        ],
    ),
)

export(
    StackOutputs(
        postgres=postgres.outputs(database.database),
        roles={role: RoleOutputs(arn) for role, arn in database.secret_arns.items()},
        parameter_group=postgres.parameter_group,
        vpc_id=foundation.vpc_id,
        zone_id=private_dns.zone_id,
        redis=redis.outputs(),
        alarm_topic_arns=topics,
        backups=backups.outputs,
        certificates=authority.outputs(),
        pgbouncer=pgbouncer.outputs(),
        bastion=bastion.outputs(),
        clients_security_group_id=client_groups["clients"],
        clickhouse=clickhouse.outputs,
    )
)
