"""The settings of who may read secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from config.settings.model import Model

Principal = Annotated[
    str,
    Field(
        pattern=r"^(role|user)/[\w+=,.@/*-]+$",
        description="a role or user of this account, such as role/nexusflow-api",
    ),
]


class SecretSettings(Model):
    recovery_days: int = Field(
        ge=7, le=30, description="days in which a deleted secret can be restored, 7 to 30"
    )
    administrators: tuple[Principal, ...] = Field(
        min_length=1,
        description="who may read every secret, who deploys among them: [role/nexusflow-deploy]",
    )
    readers: Mapping[str, tuple[Principal, ...]] = Field(
        default_factory=dict,
        description="who may read a login or a client's certificate besides: "
        "{nexusflow_app: [role/nexusflow-api], tls-nexusflow-api: [role/nexusflow-api]}",
    )
