"""The main project: the stores, the way to them, and the access to what is in them."""

from __future__ import annotations

from components.backups.backups import Backups, BackupsArgs
from components.bastion.bastion import AccessTask, AccessTaskArgs
from components.monitoring.alarms import Alarms, AlarmsArgs
from components.monitoring.topics import AlarmTopics, AlarmTopicsArgs
from components.network.foundation_ref import foundation
from components.network.private_dns import PrivateZone, PrivateZoneArgs
from components.outputs import RoleOutputs, StackOutputs, export
from components.pgbouncer.service import Pgbouncer, PgbouncerArgs, host
from components.postgres.roles import Access, AccessArgs
from components.scope import Place
from components.security.kms_keys import PURPOSES, Keys, KeysArgs
from components.security.secret_policies import SecretReaders, SecretReadersArgs
from components.stores import stores
from config import load

settings = load.main()
place, network = Place.of(settings), foundation(settings)
protect = settings.postgres.deletion_protection.enabled
keys = Keys("keys", KeysArgs(place, PURPOSES, protect)).arns
people = AlarmTopicsArgs(place, settings.alarms.subscribers, keys["notifications"])
topics = AlarmTopics("alarm-topics", people).arns
data = stores(settings, network, keys, topics["warning"])
names = PrivateZoneArgs(settings.zone.name, network.vpc_id, data.names, data.shared)
zone = PrivateZone("zone", names)
access = Access("access", AccessArgs(settings, data.postgres.primary, keys["secrets"], protect))
issued, after = data.authority.issue("pgbouncer", [host(settings)]), [zone, access]
servers, logins, callers = data.postgres.servers, access.logins, data.callers
args = PgbouncerArgs(settings, network, keys, callers, servers, logins, issued, zone.zone_id, after)
pgbouncer = Pgbouncer("pgbouncer", args)
ways, group = {**data.ways, "pgbouncer": pgbouncer.entry.way}, callers["access-task"]
access_task = AccessTask("access-task", AccessTaskArgs(settings, network, keys, group, ways))
held = [owner.secret_arns for owner in (data, access, data.authority, pgbouncer)]
reads = [data.reads, pgbouncer.reads]
SecretReaders("secrets", SecretReadersArgs(place, settings.secrets, held, reads))
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
