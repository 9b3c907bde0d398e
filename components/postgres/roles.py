"""The database inside the PostgreSQL server and the roles that log in to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi
import pulumi_postgresql as postgresql
from pulumi_random import RandomBytes

from components.postgres.dynamic_properties import Drift
from components.postgres.dynamic_resources import DatabaseLogin, ObjectOwnership
from components.postgres.instance import PrimaryInstance
from components.postgres.schema import PostgresSchema, PostgresSchemaArgs
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from config.settings.database import DatabaseSettings, RoleSettings
from database import scram

ENCODING = "UTF8"
COLLATION = "C"
"""Byte order, which no upgrade of a collation library can change (docs/adr/0001)."""


@dataclass(frozen=True, kw_only=True)
class PostgresRolesArgs:
    prefix: str
    settings: DatabaseSettings
    primary: PrimaryInstance
    kms_key_arn: pulumi.Input[str]
    secret_recovery_days: int
    protect: bool
    """Whether Pulumi refuses to delete the database."""


@dataclass(frozen=True)
class RoleLogin:
    """A role that can log in, and its credentials."""

    role: postgresql.Role
    secret_arn: pulumi.Output[str]
    password: pulumi.Output[str]
    verifier: pulumi.Output[str]
    """The SCRAM-SHA-256 verifier, as in pg_authid.rolpassword."""


class PostgresRoles(pulumi.ComponentResource):
    """The database, its owner, the login roles with their secrets, and through `PostgresSchema`
    everything in the database that exists before an application uses it."""

    database: pulumi.Output[str]
    """The name of the database, known after its creation."""
    drift: pulumi.Output[Drift]
    """Differences that an update cannot repair."""
    secret_arns: dict[str, pulumi.Output[str]]
    """Secret ARNs by role name."""
    logins: dict[str, RoleLogin]
    """By role name."""

    def __init__(
        self, name: str, args: PostgresRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresRoles", name, None, opts)
        # The CA certificate is not set here: libpq reads its path from PGSSLROOTCERT.
        provider = postgresql.Provider(
            name,
            host=args.primary.instance.address,
            port=args.primary.instance.port,
            username=args.settings.master.name,
            password=args.primary.master_password,
            database="postgres",
            sslmode="verify-full",
            superuser=False,
            connect_timeout=15,
            opts=pulumi.ResourceOptions(parent=self),
        )
        owner = postgresql.Role(
            f"{name}-{args.settings.owner}",
            name=args.settings.owner,
            login=False,
            opts=self._role_options(provider, args),
        )
        # The master user creates objects on behalf of the owner, which requires membership.
        membership = postgresql.GrantRole(
            f"{name}-{args.settings.master.name}",
            role=args.settings.master.name,
            grant_role=owner.name,
            opts=self._options(provider, args),
        )
        master_login = DatabaseLogin(
            host=args.primary.instance.address,
            port=args.primary.instance.port,
            database=args.settings.name,
            user=args.settings.master.name,
            password=args.primary.master_password,
        )
        ownership = ObjectOwnership(
            name,
            master_login,
            args.settings,
            pulumi.ResourceOptions(
                parent=self, deleted_with=args.primary.instance, depends_on=[membership]
            ),
        )
        # Deleting this resource runs DROP DATABASE WITH (FORCE); renaming it creates a new, empty
        # database.
        database = postgresql.Database(
            f"{name}-database",
            name=args.settings.name,
            owner=owner.name,
            template="template0",
            encoding=ENCODING,
            lc_collate=COLLATION,
            lc_ctype=COLLATION,
            opts=self._options(provider, args, protect=args.protect, depends_on=ownership),
        )
        self.database = database.name
        self.logins = {
            role: self._login(f"{name}-{role}", role, settings, provider, args)
            for role, settings in args.settings.roles.items()
        }
        self.secret_arns = {role: login.secret_arn for role, login in self.logins.items()}
        schema = PostgresSchema(
            name,
            PostgresSchemaArgs(
                settings=args.settings,
                instance=args.primary.instance,
                provider=provider,
                roles=[membership, *(login.role for login in self.logins.values())],
                login=replace(master_login, database=self.database),
                passwords={role: login.password for role, login in self.logins.items()},
                verifiers={role: login.verifier for role, login in self.logins.items()},
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.drift = schema.drift
        self.register_outputs({"database": self.database, "secret_arns": self.secret_arns})

    def _role_options(
        self, provider: postgresql.Provider, args: PostgresRolesArgs
    ) -> pulumi.ResourceOptions:
        """Options of a role. The RDS master user cannot change the ignored attributes, and an
        attempt would fail the update. Their drift is reported by the catalog reconciler, with the
        statement that a superuser must run."""
        return pulumi.ResourceOptions.merge(
            self._options(provider, args),
            pulumi.ResourceOptions(
                ignore_changes=["superuser", "replication", "bypassRowLevelSecurity"]
            ),
        )

    def _options(
        self,
        provider: postgresql.Provider,
        args: PostgresRolesArgs,
        *,
        protect: bool = False,
        depends_on: pulumi.Resource | None = None,
    ) -> pulumi.ResourceOptions:
        """Options of a resource inside the server. `deleted_with`: once the instance is deleted
        there is no server to log in to for deleting these."""
        return pulumi.ResourceOptions(
            parent=self,
            provider=provider,
            deleted_with=args.primary.instance,
            protect=protect,
            depends_on=depends_on,
        )

    def _login(
        self,
        name: str,
        role: str,
        settings: RoleSettings,
        provider: postgresql.Provider,
        args: PostgresRolesArgs,
    ) -> RoleLogin:
        child = pulumi.ResourceOptions(parent=self)
        secret_password = password(name, settings.credential_version, parent=self)
        # The salt is a resource, so that the verifier changes if and only if the password does.
        salt = RandomBytes(
            name,
            length=16,
            keepers={"credential_version": str(settings.credential_version)},
            opts=child,
        )
        verifier = pulumi.Output.all(secret_password.result, salt.base64).apply(
            lambda parts: scram.verifier_from_base64(*parts)
        )
        postgresql_role = postgresql.Role(
            name,
            name=role,
            login=True,
            password=verifier,
            connection_limit=settings.connection_limit,
            roles=list(settings.member_of),
            statement_timeout=_milliseconds(settings, "statement_timeout"),
            idle_in_transaction_session_timeout=_milliseconds(
                settings, "idle_in_transaction_session_timeout"
            ),
            opts=self._role_options(provider, args),
        )
        secret = LoginSecret(
            name,
            LoginSecretArgs(
                secret_name=f"{args.prefix}/postgres/{role}",
                description=f"Login of {role} to PostgreSQL",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.secret_recovery_days,
                username=role,
                password=secret_password.result,
                host=args.primary.instance.address,
                port=args.primary.instance.port,
                database=self.database,
            ),
            child,
        )
        return RoleLogin(postgresql_role, secret.arn, secret_password.result, verifier)


def _milliseconds(settings: RoleSettings, name: str) -> int | None:
    """A role setting in milliseconds that the provider's Role has an argument for. The catalog
    reconciler applies the other role settings."""
    return int(settings.settings[name]) if name in settings.settings else None
