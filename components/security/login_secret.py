"""A login in Secrets Manager: user, password and where to use them, as one JSON document."""

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
    username: pulumi.Input[str]
    password: pulumi.Input[str]
    host: pulumi.Input[str]
    port: pulumi.Input[int]
    database: pulumi.Input[str] | None
    """None where the store has none."""
    engine: str = "postgres"


class LoginSecret(pulumi.ComponentResource):
    """`arn` is the secret's; its document has the keys that AWS's own rotation and clients know."""

    arn: pulumi.Output[str]

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
            # Stated, so that a value put by hand, which takes the stage, is drift.
            version_stages=["AWSCURRENT"],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
