"""Settings of the ECR repository with the container images of the ECS tasks."""

from __future__ import annotations

from pydantic import Field

from config.model import Model
from config.settings.types import DeletionProtection


class EcrRepositorySettings(Model):
    max_images: int = Field(
        ge=2,
        le=1000,
        description="how many images to keep, 2 to 1000: a rollback needs the previous one",
    )
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}"
    )
