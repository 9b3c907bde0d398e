"""The settings of the repository that holds the images of the tasks."""

from __future__ import annotations

from pydantic import Field

from config.settings.model import DeletionProtection, Model


class EcrRepositorySettings(Model):
    kept: int = Field(
        ge=2, le=1000, description="how many images are kept, 2 to 1000: the way back is one"
    )
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )
