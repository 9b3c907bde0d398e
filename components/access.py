"""What exists inside the server: the database and the roles that log in to it."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
import pulumi_postgresql as postgresql
from pulumi_random import RandomBytes

from components.login_secret import LoginSecret, LoginSecretArgs
from components.passwords import password
from config.settings import Access as AccessSettings
from config.settings import Role
from database import scram

ENCODING = "UTF8"
COLLATION = "C"
"""Byte order, the same on every system and after every upgrade (docs/adr/0001)."""


@dataclass(frozen=True)
class AccessArgs:
    prefix: str
    settings: AccessSettings
    instance: pulumi.Resource
    host: pulumi.Input[str]
    port: pulumi.Input[int]
    master_password: pulumi.Input[str]
    creation: pulumi.Input[str]
    kms_key_arn: pulumi.Input[str]
    protect: bool


class Access(pulumi.ComponentResource):
    """`secret_arns` holds each role's secret by the role's name."""

    database: pulumi.Output[str]
    secret_arns: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: AccessArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:Access", name, None, opts)
        # The CA certificate is libpq's own business: PGSSLROOTCERT names it.
        provider = postgresql.Provider(
            name,
            host=args.host,
            port=args.port,
            username=args.settings.master.name,
            password=args.master_password,
            database="postgres",
            sslmode="verify-full",
            superuser=False,
            connect_timeout=15,
            opts=pulumi.ResourceOptions(parent=self),
        )
        # Deleting it is DROP DATABASE WITH (FORCE); renaming it here means a new, empty one.
        database = postgresql.Database(
            f"{name}-database",
            name=args.settings.database,
            owner=args.settings.master.name,
            template="template0",
            encoding=ENCODING,
            lc_collate=COLLATION,
            lc_ctype=COLLATION,
            opts=self._inside(provider, args, protect=args.protect),
        )
        self.database = database.name
        self.secret_arns = {
            role: self._login(f"{name}-{role}", role, settings, provider, args)
            for role, settings in args.settings.roles.items()
        }
        self.register_outputs({"database": self.database, "secret_arns": self.secret_arns})

    def _inside(
        self, provider: postgresql.Provider, args: AccessArgs, *, protect: bool = False
    ) -> pulumi.ResourceOptions:
        """What lives in the server goes with it: nobody can log in to a server that is gone."""
        return pulumi.ResourceOptions(
            parent=self, provider=provider, deleted_with=args.instance, protect=protect
        )

    def _login(
        self,
        name: str,
        role: str,
        settings: Role,
        provider: postgresql.Provider,
        args: AccessArgs,
    ) -> pulumi.Output[str]:
        child = pulumi.ResourceOptions(parent=self)
        secret_password = password(name, settings.generation, parent=self)
        # A salt of its own resource: the verifier changes when the password does and only then.
        salt = RandomBytes(
            name, length=16, keepers={"generation": str(settings.generation)}, opts=child
        )
        verifier = pulumi.Output.all(secret_password.result, salt.base64).apply(
            lambda parts: scram.verifier_from_base64(*parts)
        )
        postgresql.Role(
            name,
            name=role,
            login=True,
            password=verifier,
            connection_limit=settings.connection_limit,
            opts=self._inside(provider, args),
        )
        return LoginSecret(
            name,
            LoginSecretArgs(
                secret_name=pulumi.Output.format(
                    "{0}/postgres/{1}-{2}", args.prefix, role, args.creation
                ),
                description=f"Login of {role} to PostgreSQL",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.settings.secret_recovery_days,
                username=role,
                password=secret_password.result,
                host=args.host,
                port=args.port,
                database=self.database,
            ),
            child,
        ).arn
