"""ElastiCache users: one per application, and a disabled default user."""

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
NO_ACCESS = "off ~keys* resetchannels -@all"
"""The access string of the default user, as whom Redis treats clients that have not logged in."""


@dataclass(frozen=True, kw_only=True)
class RedisUsersArgs:
    prefix: str
    settings: RedisSettings


class RedisUsers(pulumi.ComponentResource):
    """The users of the settings, each with two passwords, and the default user."""

    default_id: pulumi.Output[str]
    """The id of the default user."""
    ids: dict[str, pulumi.Output[str]]
    """User ids by the user's key in the settings."""
    passwords: dict[str, pulumi.Output[str]]
    """The current passwords, by the user's key."""

    def __init__(
        self, name: str, args: RedisUsersArgs, opts: pulumi.ResourceOptions | None = None
    ) -> None:
        super().__init__("nexusflow:redis:RedisUsers", name, None, opts)
        # ElastiCache requires a user of this name in every user group. Its password is stored
        # nowhere but in the Pulumi state.
        default = elasticache.User(
            f"{name}-{DEFAULT}",
            user_id=user_id(args.prefix, DEFAULT),
            user_name=DEFAULT,
            engine=ENGINE,
            access_string=NO_ACCESS,
            passwords=[password(f"{name}-{DEFAULT}", 1, self, ELASTICACHE_PUNCTUATION).result],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.default_id = default.user_id
        self.ids, self.passwords = {}, {}
        for key, user in args.settings.users.items():
            self._user(f"{name}-{key}", key, user, args)
        self.register_outputs({"ids": self.ids})

    def _user(self, name: str, key: str, user: RedisUserSettings, args: RedisUsersArgs) -> None:
        # Two passwords, of which each credential version replaces the older: clients keep working
        # with the previous one during a rotation.
        even, odd = user.password_versions
        passwords = {
            even: password(f"{name}-even", even, self, ELASTICACHE_PUNCTUATION),
            odd: password(f"{name}-odd", odd, self, ELASTICACHE_PUNCTUATION),
        }
        elasticache_user = elasticache.User(
            name,
            user_id=user_id(args.prefix, key),
            user_name=user_name(key),
            engine=ENGINE,
            access_string=user.access,
            passwords=[random_password.result for random_password in passwords.values()],
            opts=pulumi.ResourceOptions(parent=self),
        )
        self.ids[key] = elasticache_user.user_id
        self.passwords[key] = passwords[user.credential_version].result
