"""What exists inside the server: the database and the roles that log in to it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import pulumi
import pulumi_postgresql as postgresql
from pulumi_random import RandomBytes

from components.postgres.dynamic import DatabaseLogin, Drift, ObjectOwnership
from components.postgres.instance import PrimaryInstance
from components.postgres.schema import PostgresSchema, PostgresSchemaArgs
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from config.settings.database import DatabaseSettings, RoleSettings
from database import scram

ENCODING = "UTF8"
COLLATION = "C"
"""Byte order, the same on every system and after every upgrade (docs/adr/0001)."""


@dataclass(frozen=True, kw_only=True)
class PostgresRolesArgs:
    prefix: str
    settings: DatabaseSettings
    primary: PrimaryInstance
    kms_key_arn: pulumi.Input[str]
    secret_recovery_days: int
    protect: bool


@dataclass(frozen=True)
class RoleLogin:
    """A role that logs in, and the secrets that belong to it."""

    role: postgresql.Role
    secret_arn: pulumi.Output[str]
    password: pulumi.Output[str]
    verifier: pulumi.Output[str]


class PostgresRoles(pulumi.ComponentResource):
    """`secret_arns` holds each role's secret by the role's name; `drift` what no `up` repairs."""

    database: pulumi.Output[str]
    drift: pulumi.Output[Drift]
    secret_arns: dict[str, pulumi.Output[str]]
    logins: dict[str, RoleLogin]

    def __init__(
        self, name: str, args: PostgresRolesArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:postgres:PostgresRoles", name, None, opts)
        # The CA certificate is libpq's own business: PGSSLROOTCERT names it.
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
            opts=self._role(provider, args),
        )
        # The master makes things as their owner: PostgreSQL lets it only as a member.
        membership = postgresql.GrantRole(
            f"{name}-{args.settings.master.name}",
            role=args.settings.master.name,
            grant_role=owner.name,
            opts=self._inside(provider, args),
        )
        login = DatabaseLogin(
            host=args.primary.instance.address,
            port=args.primary.instance.port,
            database=args.settings.name,
            user=args.settings.master.name,
            password=args.primary.master_password,
        )
        owners = ObjectOwnership(
            name,
            login,
            args.settings,
            pulumi.ResourceOptions(
                parent=self, deleted_with=args.primary.instance, depends_on=[membership]
            ),
        )
        # Deleting it is DROP DATABASE WITH (FORCE); renaming it here means a new, empty one.
        database = postgresql.Database(
            f"{name}-database",
            name=args.settings.name,
            owner=owner.name,
            template="template0",
            encoding=ENCODING,
            lc_collate=COLLATION,
            lc_ctype=COLLATION,
            opts=self._inside(provider, args, protect=args.protect, after=owners),
        )
        self.database = database.name
        self.logins = logins = {
            role: self._login(f"{name}-{role}", role, settings, provider, args)
            for role, settings in args.settings.roles.items()
        }
        self.secret_arns = {role: login.secret_arn for role, login in logins.items()}
        bootstrap = PostgresSchema(
            name,
            PostgresSchemaArgs(
                settings=args.settings,
                instance=args.primary.instance,
                provider=provider,
                roles=[membership, *(login.role for login in logins.values())],
                login=replace(login, database=self.database),
                passwords={role: login.password for role, login in logins.items()},
                verifiers={role: login.verifier for role, login in logins.items()},
            ),
            pulumi.ResourceOptions(parent=self),
        )
        self.drift = bootstrap.drift
        self.register_outputs({"database": self.database, "secret_arns": self.secret_arns})

    def _role(
        self, provider: postgresql.Provider, args: PostgresRolesArgs
    ) -> pulumi.ResourceOptions:
        """No RDS master may set these: an attempt would end the whole run. The catalog tells of
        them, with the statement for a superuser."""
        return pulumi.ResourceOptions.merge(
            self._inside(provider, args),
            pulumi.ResourceOptions(
                ignore_changes=["superuser", "replication", "bypassRowLevelSecurity"]
            ),
        )

    def _inside(
        self,
        provider: postgresql.Provider,
        args: PostgresRolesArgs,
        *,
        protect: bool = False,
        after: pulumi.Resource | None = None,
    ) -> pulumi.ResourceOptions:
        """What lives in the server goes with it: nobody can log in to a server that is gone."""
        return pulumi.ResourceOptions(
            parent=self,
            provider=provider,
            deleted_with=args.primary.instance,
            protect=protect,
            depends_on=after,
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
        # A salt of its own resource: the verifier changes when the password does and only then.
        salt = RandomBytes(
            name,
            length=16,
            keepers={"credential_version": str(settings.credential_version)},
            opts=child,
        )
        verifier = pulumi.Output.all(secret_password.result, salt.base64).apply(
            lambda parts: scram.verifier_from_base64(*parts)
        )
        made = postgresql.Role(
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
            opts=self._role(provider, args),
        )
        secret = LoginSecret(
            name,
            LoginSecretArgs(
                secret_name=pulumi.Output.format(
                    "{0}/postgres/{1}-{2}", args.prefix, role, args.primary.name_suffix
                ),
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
        return RoleLogin(made, secret.arn, secret_password.result, verifier)


def _milliseconds(settings: RoleSettings, name: str) -> int | None:
    """A setting that the provider's Role knows; the others are the catalog's."""
    return int(settings.settings[name]) if name in settings.settings else None
