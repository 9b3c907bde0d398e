"""Settings of Secrets Manager: the recovery window, and which principals may read secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from config.model import Model

Principal = Annotated[
    str,
    Field(
        pattern=r"^(role|user)/[\w+=,.@/*-]+$",
        description="a role or user of this account, such as role/nexusflow-api",
    ),
]


class SecretSettings(Model):
    recovery_days: int = Field(
        ge=7, le=30, description="days within which a deleted secret can be restored, 7 to 30"
    )
    administrators: tuple[Principal, ...] = Field(
        min_length=1,
        description="principals that may read every secret, including the deploying role: "
        "[role/nexusflow-deploy]",
    )
    readers: Mapping[str, tuple[Principal, ...]] = Field(
        default_factory=dict,
        description="principals that may also read one login or client certificate: "
        "{nexusflow_app: [role/nexusflow-api], tls-nexusflow-api: [role/nexusflow-api]}",
    )
