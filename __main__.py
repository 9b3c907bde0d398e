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
place, network = StackScope.of(settings), foundation_ref(settings)
protect = settings.postgres.deletion_protection.enabled
keys = KmsKeys("keys", KmsKeysArgs(place, PURPOSES, protect)).arns
people = AlarmTopicsArgs(place, settings.alarms.subscribers, keys["notifications"])
topics = AlarmTopics("alarm-topics", people).arns
data = stores(settings, network, keys, topics["warning"])
names = PrivateDnsArgs(settings.zone.name, network.vpc_id, data.names, data.shared)
zone = PrivateDns("zone", names)
access = PostgresRoles(
    "access", PostgresRolesArgs(settings, data.postgres.primary, keys["secrets"], protect)
)
issued, after = data.authority.issue("pgbouncer", [host(settings)]), [zone, access]
servers, logins, callers = data.postgres.servers, access.logins, data.callers
args = PgbouncerServiceArgs(
    settings, network, keys, callers, servers, logins, issued, zone.zone_id, after
)
pgbouncer = PgbouncerService("pgbouncer", args)
ways, group = {**data.ways, "pgbouncer": pgbouncer.entry.way}, callers["access-task"]
access_task = Bastion("access-task", BastionArgs(settings, network, keys, group, ways))
held = [owner.secret_arns for owner in (data, access, data.authority, pgbouncer)]
reads = [data.reads, pgbouncer.reads]
SecretPolicies("secrets", SecretPoliciesArgs(place, settings.secrets, held, reads))
primary = data.postgres.instance
backups = Backups("backups", BackupsArgs(place, settings, primary, keys, topics["warning"]))
watched = [*data.watched, *pgbouncer.watched, *backups.watched]
watched += data.authority.watched(primary.identifier)
Alarms("alarms", AlarmsArgs(place, settings.alarms, topics, watched))
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
        access_task=access_task.outputs(),
        clients_security_group_id=callers["clients"],
    )
)
