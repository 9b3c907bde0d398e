"""The passwords of ClickHouse: all of them for the hosts, and each login's own for its user."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager
from pulumi_random import RandomId

from components.clickhouse.config import CLUSTER, NATIVE
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from config.settings.clickhouse import LOGINS

INSIDE = ("cluster", "interserver", "operations")
"""What the nodes say to each other, and what a host does on itself."""


@dataclass(frozen=True, kw_only=True)
class ClickhouseSecretsArgs:
    prefix: str
    credential_version: int
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    host: str
    """The name that clients connect to."""


class ClickhouseSecrets(pulumi.ComponentResource):
    """`hosts_arn` is the hosts' secret, `version_id` changes with any password."""

    hosts_arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    login_arns: dict[str, pulumi.Output[str]]
    """By the login's name."""

    def __init__(
        self, name: str, args: ClickhouseSecretsArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:clickhouse:ClickhouseSecrets", name, None, opts)
        child = pulumi.ResourceOptions(parent=self)
        # A deleted secret keeps its name for the days of its recovery.
        name_suffix = RandomId(f"{name}-name-suffix", byte_length=4, opts=child)
        words = {
            key: password(f"{name}-{key}", args.credential_version, parent=self).result
            for key in (*INSIDE, *LOGINS)
        }
        secret = secretsmanager.Secret(
            f"{name}-hosts",
            name=pulumi.Output.format("{0}/clickhouse/hosts-{1}", args.prefix, name_suffix.hex),
            description="What the ClickHouse hosts know of each other and of their logins",
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=args.recovery_days,
            opts=child,
        )
        version = secretsmanager.SecretVersion(
            f"{name}-hosts",
            secret_id=secret.arn,
            secret_string=pulumi.Output.json_dumps(words),
            version_stages=["AWSCURRENT"],
            opts=child,
        )
        self.hosts_arn, self.version_id = secret.arn, version.version_id
        self.login_arns = {
            login: LoginSecret(
                f"{name}-{key}",
                LoginSecretArgs(
                    secret_name=pulumi.Output.format(
                        "{0}/clickhouse/{1}-{2}", args.prefix, login, name_suffix.hex
                    ),
                    description=f"{login} of ClickHouse",
                    kms_key_arn=args.kms_key_arn,
                    recovery_days=args.recovery_days,
                    username=login,
                    password=words[key],
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
