"""What the nodes of a group run with, and what a saved node is started again with."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field

from sandbox.servers.redis.parameters import RESERVED_MEMORY, parameters

MAJOR = 7


@dataclass(frozen=True)
class AclUser:
    """A user of a group: its name, its access string, and the digests of its passwords."""

    name: str
    access: str
    digests: tuple[str, ...] = field(repr=False)
    needs_no_password: bool = False

    def rules(self) -> list[str]:
        passwords = ["nopass"] if self.needs_no_password else [f"#{each}" for each in self.digests]
        return ["reset", *passwords, *self.access.split()]


@dataclass(frozen=True)
class Settings:
    """What the nodes of a group run with."""

    parameters: Mapping[str, str]
    memory_bytes: int
    users: tuple[AclUser, ...]


@dataclass(frozen=True)
class RedisRecord:
    """What a server is started again with, besides its data."""

    identifier: str
    port: int
    password: str = field(repr=False)
    settings: Settings


def digest(password: str) -> str:
    """How Redis keeps a password."""
    return hashlib.sha256(password.encode()).hexdigest()


def parameter_names() -> list[str]:
    """The parameters of a group that Redis itself has."""
    return [name for name in parameters() if name != RESERVED_MEMORY]
