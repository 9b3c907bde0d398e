"""A login in Secrets Manager: user name, password and endpoint as one JSON document."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.security.json_secret import JsonSecretArgs, json_secret


@dataclass(frozen=True, kw_only=True)
class LoginSecretArgs:
    secret_name: str
    """The name without its random suffix."""
    description: str
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
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
        document = {
            "username": args.username,
            "password": args.password,
            "engine": args.engine,
            "host": args.host,
            "port": args.port,
            **({} if args.database is None else {"dbname": args.database}),
        }
        secret = json_secret(
            name,
            JsonSecretArgs(
                secret_name=args.secret_name,
                description=args.description,
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.recovery_days,
                document=document,
            ),
            self,
        )
        self.arn = secret.arn
        self.register_outputs({"arn": self.arn})
