"""The way to a store: the security group of those who answer, and their port."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class StoreEndpoint:
    security_group_id: pulumi.Input[str]
    port: int


@dataclass(frozen=True)
class PostgresEndpoints:
    """PostgreSQL's: their group, and the ports that the primary and the readers say they have."""

    security_group_id: pulumi.Input[str]
    ports: Mapping[str, pulumi.Input[int]]
