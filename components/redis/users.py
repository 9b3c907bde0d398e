"""Who logs in to Redis: one user an application, and the default user that nobody can be."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi
from pulumi_aws import elasticache

from components.security.passwords import ELASTICACHE_PUNCTUATION, password
from config.settings.redis import (
    RedisSettings,
    RedisUserSettings,
    user_id,
    user_name,
)

ENGINE = "redis"
DEFAULT = "default"
NOTHING = "off ~keys* resetchannels -@all"
"""The access string of the user that every client is before it logs in."""


@dataclass(frozen=True, kw_only=True)
class RedisUsersArgs:
    prefix: str
    settings: RedisSettings


class RedisUsers(pulumi.ComponentResource):
    """`ids` and `passwords` (the ones to log in with) by the user's key."""

    default_id: pulumi.Output[str]
    ids: dict[str, pulumi.Output[str]]
    passwords: dict[str, pulumi.Output[str]]

    def __init__(
        self, name: str, args: RedisUsersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:redis:RedisUsers", name, None, opts)
        # ElastiCache wants a user of this name in every group. Nobody knows its password.
        default = elasticache.User(
            f"{name}-{DEFAULT}",
            user_id=user_id(args.prefix, DEFAULT),
            user_name=DEFAULT,
            engine=ENGINE,
            access_string=NOTHING,
            passwords=[password(f"{name}-{DEFAULT}", 1, self, ELASTICACHE_PUNCTUATION).result],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.default_id = default.user_id
        self.ids, self.passwords = {}, {}
        for key, user in args.settings.users.items():
            self._user(f"{name}-{key}", key, user, args)
        self.register_outputs({"ids": self.ids})

    def _user(self, name: str, key: str, user: RedisUserSettings, args: RedisUsersArgs) -> None:
        # Two passwords: a new one comes while the one before still works.
        even, odd = user.password_versions
        passwords = {
            even: password(f"{name}-even", even, self, ELASTICACHE_PUNCTUATION),
            odd: password(f"{name}-odd", odd, self, ELASTICACHE_PUNCTUATION),
        }
        made = elasticache.User(
            name,
            user_id=user_id(args.prefix, key),
            user_name=user_name(key),
            engine=ENGINE,
            access_string=user.access,
            passwords=[each.result for each in passwords.values()],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.ids[key] = made.user_id
        self.passwords[key] = passwords[user.credential_version].result
