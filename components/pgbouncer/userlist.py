"""PgBouncer's user list (auth_file) in a secret: the PostgreSQL roles of its pools, and the two
users of its admin console."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
from pulumi_random import RandomBytes

from components.pgbouncer.config import ADMIN, PORT, STATS, userlist
from components.security.json_secret import JsonSecretArgs, json_secret
from components.security.login_secret import LoginSecret, LoginSecretArgs
from components.security.passwords import password
from database import scram

CONSOLE = "pgbouncer"
"""The database name of PgBouncer's admin console."""
USERLIST = "userlist"
"""The key of the user list in the secret's JSON document."""


@dataclass(frozen=True, kw_only=True)
class PgbouncerUserlistArgs:
    prefix: str
    host: str
    kms_key_arn: pulumi.Input[str]
    recovery_days: int
    credential_versions: Mapping[str, int]
    """Credential versions of the console users."""
    verifiers: Mapping[str, pulumi.Input[str]]
    """SCRAM verifiers by role. They must equal those in PostgreSQL, salt included, or PgBouncer
    cannot log in to the servers with them."""


class PgbouncerUserlist(pulumi.ComponentResource):
    """The secret with the user list, and the logins of the console users."""

    secret_arn: pulumi.Output[str]
    """The secret with the user list, a JSON document with the key userlist."""
    version_id: pulumi.Output[str]
    """The version of that secret."""
    console_secret_arns: dict[str, pulumi.Output[str]]
    """Secrets of the console users' logins, by user."""

    def __init__(
        self, name: str, args: PgbouncerUserlistArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:pgbouncer:PgbouncerUserlist", name, None, opts)
        self._name, self._args = name, args
        self.console_secret_arns = {}
        console_verifiers = {user: self._console_user(user) for user in (ADMIN, STATS)}
        verifiers = pulumi.Output.all(**args.verifiers, **console_verifiers)
        secret = json_secret(
            name,
            JsonSecretArgs(
                secret_name=f"{args.prefix}/pgbouncer/userlist",
                description="SCRAM verifiers of the users of PgBouncer",
                kms_key_arn=args.kms_key_arn,
                recovery_days=args.recovery_days,
                document={
                    USERLIST: verifiers.apply(lambda by_user: userlist(sorted(by_user.items())))
                },
            ),
            self,
        )
        self.secret_arn, self.version_id = secret.arn, secret.version_id
        self.register_outputs({"secret_arn": self.secret_arn})

    def _console_user(self, user: str) -> pulumi.Output[str]:
        """Creates the login of a console user and returns its SCRAM verifier."""
        name, args, child = f"{self._name}-{user}", self._args, pulumi.ResourceOptions(parent=self)
        credential_version = args.credential_versions[user]
        secret_password = password(name, credential_version, parent=self)
        salt = RandomBytes(
            name, length=16, keepers={"credential_version": str(credential_version)}, opts=child
        )
        self.console_secret_arns[user] = LoginSecret(
            name,
            LoginSecretArgs(
                secret_name=f"{args.prefix}/pgbouncer/{user}",
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
