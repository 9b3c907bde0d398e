"""A login in Secrets Manager: user name, password and endpoint as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager


@dataclass(frozen=True, kw_only=True)
class LoginSecretArgs:
    secret_name: pulumi.Input[str]
    description: str
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    """How long a deleted secret can be restored."""
    username: pulumi.Input[str]
    password: pulumi.Input[str]
    host: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str] | None
    """None for a store without named databases."""
    engine: str = "postgres"
    """The value of the key `engine`, which AWS rotation functions read."""


class LoginSecret(pulumi.ComponentResource):
    """A secret whose document has the keys that AWS rotation functions and clients expect:
    username, password, engine, host, port and, if there is a database, dbname."""

    arn: pulumi.Output[str]
    """The ARN of the secret."""

    def __init__(
        self, name: str, args: LoginSecretArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:security:LoginSecret", name, None, opts)
        secret = secretsmanager.Secret(
            name,
            name=args.secret_name,
            description=args.description,
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=args.recovery_days,
            opts=pulumi.ResourceOptions(parent=self),
        )
        document = pulumi.Output.json_dumps(
            {
                "username": args.username,
                "password": args.password,
                "engine": args.engine,
                "host": args.host,
                "port": args.port,
                **({} if args.database is None else {"dbname": args.database}),
            }
        )
        secretsmanager.SecretVersion(
            name,
            secret_id=secret.arn,
            secret_string=document,
            # Explicit, so that a value that was set by hand, which takes over AWSCURRENT, shows up
            # as drift.
            version_stages=["AWSCURRENT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
