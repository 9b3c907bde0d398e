"""The main project: PostgreSQL, Redis and the access to them."""

from __future__ import annotations

from components.access import Access, AccessArgs
from components.access_task import AccessTask, AccessTaskArgs
from components.certificates import CertificateAuthority, CertificateAuthorityArgs
from components.foundation import foundation
from components.keys import PURPOSES, Keys, KeysArgs
from components.outputs import RoleOutputs, StackOutputs, export
from components.pgbouncer import Pgbouncer, PgbouncerArgs, host
from components.place import Place
from components.policies import RDS_EVENTS
from components.postgres import Postgres, PostgresArgs
from components.private_zone import PrivateZone, PrivateZoneArgs
from components.redis import Redis, RedisArgs
from components.secret_readers import SecretReaders, SecretReadersArgs
from components.topic import Topic, TopicArgs
from config import load

settings = load.main()
place = Place.of(settings)
protect = settings.postgres.deletion_protection.enabled
recovery = settings.access.secret_recovery_days
network = foundation(settings)

keys = Keys("keys", KeysArgs(place, PURPOSES, protect)).arns
events = Topic("events", TopicArgs(place, "events", keys["notifications"], [RDS_EVENTS]))
authority = CertificateAuthority(
    "tls", CertificateAuthorityArgs(place, settings.certificates, keys["secrets"], recovery)
)
postgres = Postgres("postgres", PostgresArgs(settings, network, keys, events.arn))
redis = Redis("redis", RedisArgs(settings, network, keys))
names, shared = {"postgres": postgres.instance.address, **redis.names}, {"readers": postgres.reads}
zone = PrivateZone("zone", PrivateZoneArgs(settings.zone.name, network.vpc_id, names, shared))
access = Access("access", AccessArgs(settings, postgres.primary, keys["secrets"], protect))
issued = authority.issue("pgbouncer", [host(settings)])
pgbouncer = Pgbouncer(
    "pgbouncer",
    PgbouncerArgs(
        settings, network, keys, postgres.ports, access.logins, issued, zone.zone_id, [zone, access]
    ),
)
ways = {"postgres": postgres.way, "redis": redis.way, "pgbouncer": pgbouncer.entry.way}
people = AccessTask("access-task", AccessTaskArgs(settings, network, keys, ways))
stores = (postgres, redis, access, authority, pgbouncer)
held = [store.secret_arns for store in stores]
SecretReaders("secrets", SecretReadersArgs(place, settings.secrets, held, [pgbouncer.reads]))
export(
    StackOutputs(
        postgres=postgres.outputs(access.database),
        roles={role: RoleOutputs(arn) for role, arn in access.secret_arns.items()},
        parameter_group=postgres.parameter_group,
        vpc_id=network.vpc_id,
        zone_id=zone.zone_id,
        events_topic_arn=events.arn,
        redis=redis.outputs(),
        certificates=authority.outputs(),
        pgbouncer=pgbouncer.outputs(),
        access_task=people.outputs(),
    )
)
