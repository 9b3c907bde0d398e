"""Customer managed keys: one a purpose, with its alias."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

from components.scope import Place
from components.security import iam_policies as policies
from components.security.iam_policies import Statement


@dataclass(frozen=True)
class Purpose:
    """What a key encrypts, and which services besides the account must be able to use it.

    RDS, ElastiCache, Secrets Manager and AWS Backup are no such services: they use a key with the
    permissions of whoever calls them, or of a role of this account.
    """

    encrypts: str
    admits: Callable[[Place], Sequence[Statement]] = lambda _: ()


def _logs(place: Place) -> Sequence[Statement]:
    return [policies.logs_encrypt(place)]


PURPOSES: Mapping[str, Purpose] = {
    "postgres": Purpose("PostgreSQL storage, snapshots and Performance Insights"),
    "redis": Purpose("Redis data and snapshots"),
    "clickhouse": Purpose("ClickHouse volumes and backups"),
    "secrets": Purpose("Logins in Secrets Manager"),
    "logs": Purpose("Log groups", _logs),
    "sessions": Purpose("Sessions of the access task"),
    "notifications": Purpose("Topics of events and alarms", policies.notifiers_encrypt),
    "backups": Purpose("Backups in the vault"),
}
"""A purpose is part of a logical name: renaming one makes a new key."""

RECOVERY_PURPOSES: Mapping[str, Purpose] = {"recovery": Purpose("Copies of backups")}
"""Of the recovery region: a copy must not need a key of the region that was lost."""

NETWORK_PURPOSES: Mapping[str, Purpose] = {"network-logs": Purpose("Flow logs", _logs)}


@dataclass(frozen=True)
class KeysArgs:
    place: Place
    purposes: Mapping[str, Purpose]
    protect: bool


class Keys(pulumi.ComponentResource):
    """`arns` holds the key's ARN by purpose."""

    arns: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:Keys", name, None, opts)
        self.arns = {
            key: self._key(f"{name}-{key}", f"{args.place.prefix}-{key}", purpose, args)
            for key, purpose in args.purposes.items()
        }
        self.register_outputs({"arns": self.arns})

    def _key(
        self, name: str, physical: str, purpose: Purpose, args: KeysArgs
    ) -> pulumi.Output[str]:
        # A lost key is lost data: whatever it encrypts can never be read again.
        key = kms.Key(
            name,
            region=args.place.region,
            description=purpose.encrypts,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=policies.document(
                policies.account_administers(args.place), *purpose.admits(args.place)
            ),
            tags={"Name": physical},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        kms.Alias(
            name,
            region=args.place.region,
            name=f"alias/{physical}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn
