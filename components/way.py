"""The way to a store: the security group of those who answer, and their port."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Way:
    security_group_id: pulumi.Input[str]
    port: int
