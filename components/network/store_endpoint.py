"""Endpoints of data stores: the security group and port that a client needs an egress rule for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class StoreEndpoint:
    """The endpoint of a store that listens on one port."""

    security_group_id: pulumi.Input[str]
    port: int


@dataclass(frozen=True)
class PostgresEndpoints:
    """The endpoints of the PostgreSQL servers, which share one security group."""

    security_group_id: pulumi.Input[str]
    ports: Mapping[str, pulumi.Input[int]]
    """Port outputs of the instances, with the keys primary and readers."""
