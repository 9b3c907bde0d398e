"""The main project: PostgreSQL and the access to it."""

from __future__ import annotations

from components.access import Access, AccessArgs
from components.certificates import CertificateAuthority, CertificateAuthorityArgs
from components.foundation import foundation
from components.keys import PURPOSES, Keys, KeysArgs
from components.outputs import RoleOutputs, StackOutputs, export
from components.place import Place
from components.policies import RDS_EVENTS
from components.postgres import Postgres, PostgresArgs
from components.private_zone import PrivateZone, PrivateZoneArgs
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
postgres = Postgres(
    "postgres",
    PostgresArgs(
        place, settings.postgres, settings.access, settings.clients, network, keys, events.arn
    ),
)
names, shared = {"postgres": postgres.instance.address}, {"readers": postgres.reads}
zone = PrivateZone("zone", PrivateZoneArgs(settings.zone.name, network.vpc_id, names, shared))
access = Access(
    "access",
    AccessArgs(
        prefix=place.prefix,
        settings=settings.access,
        instance=postgres.instance,
        master_password=postgres.master_password,
        creation=postgres.creation,
        kms_key_arn=keys["secrets"],
        protect=protect,
    ),
)
export(
    StackOutputs(
        postgres=postgres.outputs(access.database),
        roles={role: RoleOutputs(arn) for role, arn in access.secret_arns.items()},
        parameter_group=postgres.parameter_group,
        vpc_id=network.vpc_id,
        zone_id=zone.zone_id,
        events_topic_arn=events.arn,
        certificates=authority.outputs(),
    )
)
