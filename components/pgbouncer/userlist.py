"""Who may log in to the pooler: the roles of its pools, and two users of its own console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_aws import secretsmanager
from pulumi_random import RandomBytes, RandomId

from components.pgbouncer.config import ADMIN, PORT, STATS, userlist
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from database import scram

CONSOLE = "pgbouncer"


@dataclass(frozen=True, kw_only=True)
class PgbouncerUserlistArgs:
    prefix: str
    host: str
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    credential_versions: Mapping[str, int]
    """Of the console's users."""
    verifiers: Mapping[str, pulumi.Input[str]]
    """Of the roles, the very ones that PostgreSQL has: another salt would shut the servers."""


class PgbouncerUserlist(pulumi.ComponentResource):
    """`secret_arn` and `version_id` are those of the users' list, as `{"userlist": …}`."""

    secret_arn: pulumi.Output[str]
    version_id: pulumi.Output[str]
    console_secret_arns: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: PgbouncerUserlistArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerUserlist", name, None, opts)
        self._name, self._args = name, args
        child = pulumi.ResourceOptions(parent=self)
        # A deleted secret keeps its name for the days of its recovery.
        self._name_suffix = RandomId(f"{name}-name-suffix", byte_length=4, opts=child).hex
        self.console_secret_arns = {}
        own = {user: self._console_user(user) for user in (ADMIN, STATS)}
        verifiers = pulumi.Output.all(**args.verifiers, **own)
        secret = secretsmanager.Secret(
            name,
            name=pulumi.Output.format("{0}/pgbouncer/userlist-{1}", args.prefix, self._name_suffix),
            description="Verifiers of those who may log in to PgBouncer",
            kms_key_id=args.kms_key_arn,
            recovery_window_in_days=args.recovery_days,
            opts=child,
        )
        version = secretsmanager.SecretVersion(
            name,
            secret_id=secret.arn,
            secret_string=pulumi.Output.json_dumps(
                {"userlist": verifiers.apply(lambda known: userlist(sorted(known.items())))}
            ),
            version_stages=["AWSCURRENT"],
            opts=child,
        )
        self.secret_arn, self.version_id = secret.arn, version.version_id
        self.register_outputs({"secret_arn": self.secret_arn})

    def _console_user(self, user: str) -> pulumi.Output[str]:
        """Makes the user's login and returns its verifier."""
        name, args, child = f"{self._name}-{user}", self._args, pulumi.ResourceOptions(parent=self)
        credential_version = args.credential_versions[user]
        secret_password = password(name, credential_version, parent=self)
        salt = RandomBytes(
            name, length=16, keepers={"credential_version": str(credential_version)}, opts=child
        )
        self.console_secret_arns[user] = LoginSecret(
            name,
            LoginSecretArgs(
                secret_name=pulumi.Output.format(
                    "{0}/pgbouncer/{1}-{2}", args.prefix, user, self._name_suffix
                ),
                description=f"Login of {user} to PgBouncer's console",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.recovery_days,
                username=user,
                password=secret_password.result,
                host=args.host,
                port=PORT,
                database=CONSOLE,
            ),
            child,
        ).arn
        return pulumi.Output.all(secret_password.result, salt.base64).apply(
            lambda parts: scram.verifier_from_base64(*parts)
        )
