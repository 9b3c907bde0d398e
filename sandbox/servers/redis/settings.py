"""Settings of Redis nodes, and the record of a saved node."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.servers.redis.parameters import RESERVED_MEMORY, parameters

MAJOR = 7


@dataclass(frozen=True)
class AclUser:
    """A user with its access string and the SHA-256 digests of its passwords."""

    name: str
    access: str
    digests: tuple[str, ...] = field(repr=False)
    needs_no_password: bool = False

    def rules(self) -> list[str]:
        passwords = ["nopass"] if self.needs_no_password else [f"#{each}" for each in self.digests]
        return ["reset", *passwords, *self.access.split()]


@dataclass(frozen=True)
class Settings:
    """Parameters, memory and users of a group's nodes."""

    parameters: Mapping[str, str]
    memory_bytes: int
    users: tuple[AclUser, ...]


@dataclass(frozen=True)
class RedisRecord:
    """What restarting a saved server takes, apart from its data."""

    identifier: str
    port: int
    password: str = field(repr=False)
    settings: Settings


def digest(password: str) -> str:
    """The digest of a password as Redis stores it."""
    return hashlib.sha256(password.encode()).hexdigest()


def parameter_names() -> list[str]:
    """The names of the parameters that Redis itself has."""
    return [name for name in parameters() if name != RESERVED_MEMORY]
