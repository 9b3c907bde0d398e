"""The settings of the task through which people reach the stores."""

from __future__ import annotations

from pydantic import Field

from config.settings.model import LogRetention, Model


class BastionSettings(Model):
    hours: int = Field(
        ge=1, le=24, description="hours after which a task that was forgotten ends, 1 to 24"
    )
    log_retention_days: LogRetention
