"""The rules of the backups: retentions and the vaults' lock, and when AWS Backup can't begin."""

from __future__ import annotations

from collections.abc import Iterator

from config.rules.rule import Case, ConfigRule
from config.settings.backups import BackupSettings
from config.settings.stack import Settings
from config.sizing import windows

LEAST_RUN = 60


def _kept(backups: BackupSettings) -> Iterator[tuple[str, int]]:
    yield "weekly_snapshot", backups.weekly_snapshot.keep_days
    yield "cross_region_copy", backups.cross_region_copy.keep_days


def outside_the_lock(s: Settings) -> Iterator[Case]:
    lock = s.backups.lock
    for where, days in _kept(s.backups):
        if lock.min_keep_days <= lock.max_keep_days and not (
            lock.min_keep_days <= days <= lock.max_keep_days
        ):
            yield {"where": where, "days": days}


def too_short_to_complete(s: Settings) -> Iterator[Case]:
    for where in ("weekly_snapshot", "cross_region_copy"):
        times = getattr(s.backups, where)
        least = times.start_within_minutes + LEAST_RUN
        if times.complete_within_minutes < least:
            yield {"where": where, "times": times, "least": least}


def _compliance(s: Settings) -> bool:
    return s.backups.lock.mode == "compliance"


def _starts_in_the_backup_window(s: Settings) -> bool:
    weekly = s.backups.weekly_snapshot
    return windows.start_meets_daily(
        weekly.start, weekly.start_within_minutes, s.postgres.backup_window
    )


def _starts_in_the_maintenance_window(s: Settings) -> bool:
    weekly = s.backups.weekly_snapshot
    return windows.start_meets_weekly(
        weekly.day, weekly.start, weekly.start_within_minutes, s.postgres.maintenance_window
    )


BACKUPS = "nexusflow:backups"
BEGINS = (
    "may begin until {s.backups.weekly_snapshot.start_within_minutes} minutes after "
    "{s.backups.weekly_snapshot.day} {s.backups.weekly_snapshot.start}, in RDS's"
)
REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{BACKUPS}.{{where}}.keep_days",
        outside_the_lock,
        "{days} days, but the vaults' lock admits {s.backups.lock.min_keep_days} to "
        "{s.backups.lock.max_keep_days}: every such backup would fail",
        "write a number in between, or change lock",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.min_keep_days",
        lambda s: s.backups.lock.min_keep_days > s.backups.lock.max_keep_days,
        "{s.backups.lock.min_keep_days} is more than max_keep_days {s.backups.lock.max_keep_days}",
        "write the smaller number here",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.reason",
        lambda s: _compliance(s) and not s.backups.lock.reason.strip(),
        "compliance without a reason, and nobody can ever undo it",
        "say in one sentence why, or write mode: governance",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.changeable_for_days",
        lambda s: _compliance(s) and s.backups.lock.changeable_for_days is None,
        "missing with compliance",
        "give the days in which it can still be undone, 3 or more",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.changeable_for_days",
        lambda s: not _compliance(s) and s.backups.lock.changeable_for_days is not None,
        "AWS makes a lock with it compliance, but the mode is governance",
        "leave it out, or write mode: compliance with a reason",
    ),
    ConfigRule(
        f"{BACKUPS}.lock.mode",
        lambda s: _compliance(s) and not s.backups.deletion_protection.enabled,
        "compliance, but deletion_protection is off: no vault in compliance can be emptied",
        "write governance, or switch the protection on",
    ),
    ConfigRule(
        f"{BACKUPS}.weekly_snapshot.start",
        _starts_in_the_backup_window,
        f"the snapshot {BEGINS} backup_window {{s.postgres.backup_window}} or the hour before it",
        "move one of them: AWS Backup begins nothing then",
    ),
    ConfigRule(
        f"{BACKUPS}.weekly_snapshot.start",
        _starts_in_the_maintenance_window,
        f"the snapshot {BEGINS} maintenance_window {{s.postgres.maintenance_window}} or the hour "
        "before it",
        "move one of them: AWS Backup begins nothing then",
    ),
    ConfigRule(
        f"{BACKUPS}.{{where}}.complete_within_minutes",
        too_short_to_complete,
        "{times.complete_within_minutes} leaves less than an hour to a backup that begins after "
        "{times.start_within_minutes}",
        "write {least} or more",
    ),
    ConfigRule(
        f"{BACKUPS}.deletion_protection.reason",
        lambda s: (
            not s.backups.deletion_protection.enabled
            and not s.backups.deletion_protection.reason.strip()
        ),
        "the protection is off without a reason",
        "say in one sentence why, or write enabled: true",
    ),
)

WARNED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{BACKUPS}.lock.mode",
        _compliance,
        "compliance: {s.backups.lock.changeable_for_days} days after the vaults are locked nobody "
        "can shorten a retention or delete a vault with backups, AWS neither",
        "use governance unless a regulator asks for it (docs/adr/0012)",
    ),
)
