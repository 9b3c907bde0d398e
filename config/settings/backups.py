"""The settings of the backups beyond RDS's own: when they are made and how long they are kept."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from config.settings.model import DeletionProtection, Model
from config.sizing.windows import DAYS

Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
Clock = Annotated[
    str,
    Field(
        pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description='a quoted time in UTC, such as "06:00"'
    ),
]


class BackupWindow(Model):
    """When AWS Backup begins a backup, and when it gives up."""

    start: Clock
    start_within_minutes: int = Field(
        ge=60, le=1440, description="how many minutes later it may begin, 60 to 1440"
    )
    complete_within_minutes: int = Field(
        ge=120, le=10080, description="after how many minutes it has failed, 120 to 10080"
    )


class WeeklySnapshot(BackupWindow):
    day: Day = Field(description=f"a day: {', '.join(DAYS)}")
    keep_days: int = Field(ge=1, le=36500, description="days, 1 to 36500")


class CrossRegionCopy(BackupWindow):
    keep_days: int = Field(ge=1, le=35, description="days, 1 to 35: RDS keeps no copy longer")


class VaultLock(Model):
    mode: Literal["governance", "compliance"] = Field(description="governance or compliance")
    min_keep_days: int = Field(ge=1, le=36500, description="the fewest days that a backup is kept")
    max_keep_days: int = Field(ge=1, le=36500, description="the most days that a backup is kept")
    changeable_for_days: int | None = Field(
        None,
        ge=3,
        le=36500,
        description="days until compliance can't be undone any more, 3 or more",
    )
    reason: str = Field("", description="one sentence saying why it is compliance")


class BackupSettings(Model):
    weekly_snapshot: WeeklySnapshot = Field(description="{day: …, start: …, keep_days: …}")
    cross_region_copy: CrossRegionCopy = Field(description="{start: …, keep_days: …}")
    lock: VaultLock = Field(description="{mode: …, min_keep_days: …, max_keep_days: …}")
    deletion_protection: DeletionProtection = Field(
        description="{enabled: true}, or {enabled: false, reason: …}: whether `destroy` leaves the "
        "vaults alone or deletes the backups in them"
    )
