"""ClickHouse's passwords in Secrets Manager: one secret with all of them for the hosts, and one
secret per login for its clients."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from components.clickhouse.config import CLUSTER, NATIVE
from components.security.json_secret import JsonSecretArgs, json_secret
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from config.settings.clickhouse import LOGINS

INTERNAL = ("cluster", "interserver", "operations")
"""Passwords that only hosts know: two for connections between nodes, and the login of the scripts
on a host."""


@dataclass(frozen=True, kw_only=True)
class ClickhouseSecretsArgs:
    prefix: str
    credential_version: int
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    host: str
    """The name that clients connect to."""


class ClickhouseSecrets(pulumi.ComponentResource):
    """Generated passwords and the secrets that hold them."""

    hosts_arn: pulumi.Output[str]
    """The hosts' secret: a JSON document of all passwords, by login key."""
    version_id: pulumi.Output[str]
    """The version of the hosts' secret. It changes with every password."""
    login_arns: dict[str, pulumi.Output[str]]
    """Secrets of the clients' logins, by user name."""

    def __init__(
        self, name: str, args: ClickhouseSecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseSecrets", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        passwords = {
            key: password(f"{name}-{key}", args.credential_version, parent=self).result
            for key in (*INTERNAL, *LOGINS)
        }
        secret = json_secret(
            f"{name}-hosts",
            JsonSecretArgs(
                secret_name=f"{args.prefix}/clickhouse/hosts",
                description="Passwords of all ClickHouse logins and of connections between nodes",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.recovery_days,
                document=passwords,
            ),
            self,
        )
        self.hosts_arn, self.version_id = secret.arn, secret.version_id
        self.login_arns = {
            login: LoginSecret(
                f"{name}-{key}",
                LoginSecretArgs(
                    secret_name=f"{args.prefix}/clickhouse/{login}",
                    description=f"{login} of ClickHouse",
                    kms_key_arn=args.kms_key_arn,
                    recovery_days=args.recovery_days,
                    username=login,
                    password=passwords[key],
                    host=args.host,
                    port=NATIVE,
                    database=CLUSTER,
                    engine="clickhouse",
                ),
                child,
            ).arn
            for key, login in LOGINS.items()
        }
        self.register_outputs({"hosts_arn": self.hosts_arn})
