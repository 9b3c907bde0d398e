"""The main project: PostgreSQL and the access to it."""

from __future__ import annotations

from components.access import Access, AccessArgs
from components.foundation import foundation
from components.keys import Keys, KeysArgs
from components.outputs import PostgresOutputs, RoleOutputs, StackOutputs, export
from components.postgres import Postgres, PostgresArgs
from components.postgres_network import PostgresNetwork, PostgresNetworkArgs
from config import load

settings = load.main()
prefix = settings.prefix
protect = settings.postgres.deletion_protection.enabled
network = foundation(settings)

keys = Keys("keys", KeysArgs(prefix, settings.aws.account_id, protect))
postgres_network = PostgresNetwork(
    "postgres-network", PostgresNetworkArgs(prefix, network.vpc_id, network.vpc_cidr)
)
postgres = Postgres(
    "postgres",
    PostgresArgs(
        prefix=prefix,
        settings=settings.postgres,
        access=settings.access,
        kms_key_arn=keys.arns["postgres"],
        subnet_ids=network.data_subnet_ids,
        security_group_id=postgres_network.security_group_id,
    ),
)
access = Access(
    "access",
    AccessArgs(
        prefix=prefix,
        settings=settings.access,
        instance=postgres.instance,
        host=postgres.instance.address,
        port=postgres.instance.port,
        master_password=postgres.master_password,
        creation=postgres.creation,
        kms_key_arn=keys.arns["postgres"],
        protect=protect,
    ),
)
export(
    StackOutputs(
        postgres=PostgresOutputs(
            identifier=postgres.instance.identifier,
            address=postgres.instance.address,
            port=postgres.instance.port,
            database=access.database,
            master_secret_arn=postgres.master_secret_arn,
        ),
        roles={role: RoleOutputs(arn) for role, arn in access.secret_arns.items()},
        parameter_group=postgres.parameter_group,
        vpc_id=network.vpc_id,
    )
)
