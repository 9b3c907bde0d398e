"""The main project: the stores, the way to them, and the access to what is in them."""

from __future__ import annotations

from components.backups.backups import Backups, BackupsArgs
from components.bastion.bastion import Bastion, BastionArgs
from components.monitoring.alarms import Alarms, AlarmsArgs
from components.monitoring.topics import AlarmTopics, AlarmTopicsArgs
from components.network.foundation_ref import foundation_ref
from components.network.private_dns import PrivateDns, PrivateDnsArgs
from components.outputs import RoleOutputs, StackOutputs, export
from components.pgbouncer.service import PgbouncerService, PgbouncerServiceArgs, host
from components.postgres.roles import PostgresRoles, PostgresRolesArgs
from components.scope import StackScope
from components.security.kms_keys import PURPOSES, KmsKeys, KmsKeysArgs
from components.security.secret_policies import SecretPolicies, SecretPoliciesArgs
from components.stores import stores
from config import load

settings = load.main()
scope, network = StackScope.of(settings), foundation_ref(settings)
protect = settings.postgres.deletion_protection.enabled
keys = KmsKeys("keys", KmsKeysArgs(scope=scope, purposes=PURPOSES, protect=protect)).arns
people = AlarmTopicsArgs(
    scope=scope, subscribers=settings.alarms.subscribers, kms_key_arn=keys["notifications"]
)
topics = AlarmTopics("alarm-topics", people).arns
data = stores(settings, network, keys, topics["warning"])
names = PrivateDnsArgs(
    zone=settings.private_dns_zone.name,
    vpc_id=network.vpc_id,
    dns_records=data.dns_records,
    weighted_records=data.weighted_records,
)
zone = PrivateDns("private-dns", names)
access = PostgresRoles(
    "database",
    PostgresRolesArgs(
        settings=settings,
        primary=data.postgres.primary,
        kms_key_arn=keys["secrets"],
        protect=protect,
    ),
)
issued, after = data.authority.issue("pgbouncer", [host(settings)]), [zone, access]
servers, logins, client_groups = data.postgres.servers, access.logins, data.client_groups
args = PgbouncerServiceArgs(
    settings=settings,
    network=network,
    kms_key_arns=keys,
    client_groups=client_groups,
    servers=servers,
    logins=logins,
    certificate=issued,
    zone_id=zone.zone_id,
    after=after,
)
pgbouncer = PgbouncerService("pgbouncer", args)
endpoints, group = (
    {**data.endpoints, "pgbouncer": pgbouncer.entry.endpoint},
    client_groups["bastion"],
)
bastion = Bastion(
    "bastion",
    BastionArgs(
        settings=settings,
        network=network,
        kms_key_arns=keys,
        security_group_id=group,
        endpoints=endpoints,
    ),
)
held = [owner.secret_arns for owner in (data, access, data.authority, pgbouncer)]
secret_readers = [data.secret_readers, pgbouncer.secret_readers]
SecretPolicies(
    "secret-policies",
    SecretPoliciesArgs(
        scope=scope, settings=settings.secrets, secret_arns=held, readers=secret_readers
    ),
)
primary = data.postgres.instance
backups = Backups(
    "backups",
    BackupsArgs(
        scope=scope,
        settings=settings,
        instance=primary,
        kms_key_arns=keys,
        topic_arn=topics["warning"],
    ),
)
alarm_targets = [*data.alarm_targets, *pgbouncer.alarm_targets, *backups.alarm_targets]
alarm_targets += data.authority.alarm_targets(primary.identifier)
Alarms(
    "alarms",
    AlarmsArgs(
        scope=scope, settings=settings.alarms, topic_arns=topics, alarm_targets=alarm_targets
    ),
)
export(
    StackOutputs(
        postgres=data.postgres.outputs(access.database),
        roles={role: RoleOutputs(arn) for role, arn in access.secret_arns.items()},
        parameter_group=data.postgres.parameter_group,
        vpc_id=network.vpc_id,
        zone_id=zone.zone_id,
        backups=backups.outputs,
        alarm_topic_arns=topics,
        redis=data.redis.outputs(),
        clickhouse=data.clickhouse.outputs,
        certificates=data.authority.outputs(),
        pgbouncer=pgbouncer.outputs(),
        bastion=bastion.outputs(),
        clients_security_group_id=client_groups["clients"],
    )
)
