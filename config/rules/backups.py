"""Rules of AWS Backup: retention within the vault lock, and start times outside RDS's windows."""

from __future__ import annotations

from collections.abc import Iterator

from config.rules.rule import Case, ConfigRule
from config.settings.backups import BackupSettings
from config.settings.stack import Settings

MINIMUM_RUN_MINUTES = 60
"""Minutes that a backup job needs between its latest start and its deadline."""


def _kept(backups: BackupSettings) -> Iterator[tuple[str, int]]:
    yield "weekly_snapshot", backups.weekly_snapshot.keep_days
    yield "cross_region_copy", backups.cross_region_copy.keep_days


def outside_the_lock(s: Settings) -> Iterator[Case]:
    lock = s.backups.lock
    for where, days in _kept(s.backups):
        if lock.min_keep_days <= lock.max_keep_days and not lock.admits(days):
            yield {"where": where, "days": days}


def too_short_to_complete(s: Settings) -> Iterator[Case]:
    for where in ("weekly_snapshot", "cross_region_copy"):
        times = getattr(s.backups, where)
        least = times.start_within_minutes + MINIMUM_RUN_MINUTES
        if times.complete_within_minutes < least:
            yield {"where": where, "times": times, "least": least}


def _starts_in_the_backup_window(s: Settings) -> bool:
    weekly = s.backups.weekly_snapshot
    return s.postgres.backup_window.blocks(weekly.start, weekly.start_within_minutes)


def _starts_in_the_maintenance_window(s: Settings) -> bool:
    weekly = s.backups.weekly_snapshot
    return s.postgres.maintenance_window.blocks(
        weekly.day, weekly.start, weekly.start_within_minutes
    )


BACKUPS = "nexusflow:backups"
STARTS = (
    "may start up to {s.backups.weekly_snapshot.start_within_minutes} minutes after "
    "{s.backups.weekly_snapshot.day} {s.backups.weekly_snapshot.start}, in RDS's"
)
ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{BACKUPS}.{{where}}.keep_days",
        outside_the_lock,
        "{days} days, but the vault lock allows {s.backups.lock.min_keep_days} to "
        "{s.backups.lock.max_keep_days}: every such backup job would fail",
        "write a number in this range, or change the lock",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.min_keep_days",
        lambda s: s.backups.lock.min_keep_days > s.backups.lock.max_keep_days,
        "{s.backups.lock.min_keep_days} is more than max_keep_days {s.backups.lock.max_keep_days}",
        "write the smaller number here",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.reason",
        lambda s: s.backups.lock.compliance and not s.backups.lock.reason.strip(),
        "compliance mode without a reason, although nobody can undo it",
        "say in one sentence why, or write mode: governance",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.changeable_for_days",
        lambda s: s.backups.lock.compliance and s.backups.lock.changeable_for_days is None,
        "required by compliance mode",
        "give the days within which it can still be undone, 3 or more",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.changeable_for_days",
        lambda s: not s.backups.lock.compliance and s.backups.lock.changeable_for_days is not None,
        "AWS turns a lock with this setting into compliance mode, but the mode is governance",
        "leave it out, or write mode: compliance with a reason",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.mode",
        lambda s: s.backups.lock.compliance and not s.backups.deletion_protection.enabled,
        "compliance mode, but deletion_protection is off: such a vault cannot be emptied",
        "write governance, or turn deletion_protection on",
    ),
    ConfigRule(
        f"{BACKUPS}.weekly_snapshot.start",
        _starts_in_the_backup_window,
        f"the snapshot {STARTS} backup_window {{s.postgres.backup_window}} or the hour before it",
        "move one of them: AWS Backup starts no job then",
    ),
    ConfigRule(
        f"{BACKUPS}.weekly_snapshot.start",
        _starts_in_the_maintenance_window,
        f"the snapshot {STARTS} maintenance_window {{s.postgres.maintenance_window}} or the hour "
        "before it",
        "move one of them: AWS Backup starts no job then",
    ),
    ConfigRule(
        f"{BACKUPS}.{{where}}.complete_within_minutes",
        too_short_to_complete,
        "{times.complete_within_minutes} leaves less than an hour for a backup that starts after "
        "{times.start_within_minutes}",
        "write {least} or more",
    ),
)

WARNINGS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{BACKUPS}.lock.mode",
        lambda s: s.backups.lock.compliance,
        "compliance: {s.backups.lock.changeable_for_days} days after the vaults are locked, nobody "
        "can shorten a retention or delete a vault with backups, not even AWS",
        "use governance unless a regulator requires it (docs/adr/0012)",
    ),
)
