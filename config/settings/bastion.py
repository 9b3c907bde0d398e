"""Settings of the bastion: the on-demand task through which people reach the data stores."""

from __future__ import annotations

from pydantic import Field

from config.model import Model
from config.settings.types import LogRetention


class BastionSettings(Model):
    hours: int = Field(
        ge=1, le=24, description="hours after which a bastion task is stopped, 1 to 24"
    )
    log_retention_days: LogRetention
