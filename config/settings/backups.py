"""Settings of AWS Backup: schedules, retention and the vault lock.

Automated backups and point-in-time recovery are RDS's own: see config/settings/postgres.py.
"""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from config.model import Model
from config.settings.types import Clock, DeletionProtection
from config.sizing.windows import DAYS

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]


class BackupWindow(Model):
    """When AWS Backup starts a backup job, and when the job counts as failed."""

    start: Clock
    start_within_minutes: int = Field(
        ge=60, le=1440, description="minutes within which the job must start, 60 to 1440"
    )
    complete_within_minutes: int = Field(
        ge=120, le=10080, description="minutes within which the job must complete, 120 to 10080"
    )


class WeeklySnapshot(BackupWindow):
    day: Day = Field(description=f"a day: {', '.join(DAYS)}")
    keep_days: int = Field(ge=1, le=36500, description="days, 1 to 36500")


class CrossRegionCopy(BackupWindow):
    keep_days: int = Field(ge=1, le=35, description="days, 1 to 35, the maximum of RDS")


class VaultLock(Model):
    """The lock of both backup vaults: the range of retention that it enforces."""

    mode: Literal["governance", "compliance"] = Field(description="governance or compliance")
    min_keep_days: int = Field(
        ge=1, le=36500, description="the minimum retention of a backup in days"
    )
    max_keep_days: int = Field(
        ge=1, le=36500, description="the maximum retention of a backup in days"
    )
    changeable_for_days: int | None = Field(
        None,
        ge=3,
        le=36500,
        description="days until compliance mode becomes irreversible, 3 or more",
    )
    reason: str = Field("", description="one sentence that says why compliance mode is needed")

    @property
    def compliance(self) -> bool:
        """Whether nobody, not even AWS, can undo the lock after its grace period."""
        return self.mode == "compliance"

    def admits(self, days: int) -> bool:
        """Whether the vaults accept a backup with this retention."""
        return self.min_keep_days <= days <= self.max_keep_days


class BackupSettings(Model):
    weekly_snapshot: WeeklySnapshot = Field(description="{day: …, start: …, keep_days: …}")
    cross_region_copy: CrossRegionCopy = Field(description="{start: …, keep_days: …}")
    lock: VaultLock = Field(description="{mode: …, min_keep_days: …, max_keep_days: …}")
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}: whether `destroy` keeps the "
        "vaults or deletes them with their backups"
    )
