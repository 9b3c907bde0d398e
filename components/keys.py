"""Customer managed keys: one a purpose, with its alias."""

from __future__ import annotations

import json
from dataclasses import dataclass

import pulumi
from pulumi_aws import kms

PURPOSES = {"postgres": "PostgreSQL storage, snapshots and login secrets"}
"""What each key encrypts. A purpose is part of a logical name: renaming one makes a new key."""


@dataclass(frozen=True)
class KeysArgs:
    prefix: str
    account_id: str
    protect: bool


class Keys(pulumi.ComponentResource):
    """`arns` holds the key's ARN by purpose."""

    arns: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: KeysArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:components:Keys", name, None, opts)
        self.arns = {
            purpose: self._key(f"{name}-{purpose}", f"{args.prefix}-{purpose}", encrypts, args)
            for purpose, encrypts in PURPOSES.items()
        }
        self.register_outputs({"arns": self.arns})

    def _key(self, name: str, physical: str, encrypts: str, args: KeysArgs) -> pulumi.Output[str]:
        # A lost key is lost data: whatever it encrypts can never be read again.
        key = kms.Key(
            name,
            description=encrypts,
            enable_key_rotation=True,
            deletion_window_in_days=30,
            policy=key_policy(args.account_id),
            tags={"Name": physical},
            opts=pulumi.ResourceOptions(parent=self, protect=args.protect),
        )
        kms.Alias(
            name,
            name=f"alias/{physical}",
            target_key_id=key.key_id,
            opts=pulumi.ResourceOptions(parent=self),
        )
        return key.arn


def key_policy(account_id: str) -> str:
    """The account administers the key through IAM; no other principal is named, none by wildcard.

    RDS and Secrets Manager use it by grants and by the caller's own permissions.
    """
    return json.dumps(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "AccountAdministersThroughIam",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{account_id}:root"},
                    "Action": "kms:*",
                    "Resource": "*",
                }
            ],
        }
    )
