"""Broken lines of the backups."""

from __future__ import annotations

from tests.unit.config.broken import PRODUCTION, STAGING, Broken

CATALOG = "config/defaults/backups.yaml"
AT = "nexusflow:backups"
PROTECTED = "nexusflow:backups:\n    deletion_protection: {enabled: true}"
LOCK = "lock: {mode: governance, min_keep_days: 30, max_keep_days: 365}"


def production(more: str) -> tuple[str, str, str]:
    """Production with a change of the catalog, of which only production is told."""
    return PRODUCTION, PROTECTED, f"{PROTECTED}\n    {more}"


_ROWS: list[tuple[str, ...]] = [
    (
        *production("lock: {min_keep_days: 40}"),
        "cross_region_copy.keep_days: 30 days, but the vault lock allows 40 to 365: every "
        "such backup job would fail; write a number in this range, or change the lock",
        CATALOG,
    ),
    (
        *production("weekly_snapshot: {keep_days: 400}"),
        f"{AT}.weekly_snapshot.keep_days: 400 days, but the vault lock allows 30 to 365: "
        "every such backup job would fail; write a number in this range, or change the lock",
    ),
    (
        *production("lock: {min_keep_days: 366}"),
        f"{AT}.lock.min_keep_days: 366 is more than max_keep_days 365; write the smaller number "
        "here",
    ),
    (
        *production("cross_region_copy: {keep_days: 36}"),
        f"{AT}.cross_region_copy.keep_days: 36: should be less than or equal to 35; give "
        "days, 1 to 35, the maximum of RDS",
    ),
    (
        *production("lock: {mode: compliance, changeable_for_days: 3}"),
        f"{AT}.lock.reason: compliance mode without a reason, although nobody can undo it; "
        "say in one sentence why, or write mode: governance",
    ),
    (
        *production("lock: {mode: compliance, reason: a regulator asks for it}"),
        f"{AT}.lock.changeable_for_days: required by compliance mode; give the days within "
        "which it can still be undone, 3 or more",
    ),
    (
        *production("lock: {mode: compliance, reason: a regulator asks, changeable_for_days: 2}"),
        f"{AT}.lock.changeable_for_days: 2: should be greater than or equal to 3; give days "
        "until compliance mode becomes irreversible, 3 or more",
    ),
    (
        *production("lock: {changeable_for_days: 3}"),
        f"{AT}.lock.changeable_for_days: AWS turns a lock with this setting into compliance "
        "mode, but the mode is governance; leave it out, or write mode: compliance with a "
        "reason",
    ),
    (
        STAGING,
        "  nexusflow:backups:\n",
        "  nexusflow:backups:\n"
        "    lock: {mode: compliance, reason: a trial, changeable_for_days: 3}\n",
        f"{AT}.lock.mode: compliance mode, but deletion_protection is off: such a vault "
        "cannot be emptied; write governance, or turn deletion_protection on",
    ),
    (
        *production("lock: {mode: advisory}"),
        f"""{AT}.lock.mode: "advisory" is not allowed; use 'governance' or 'compliance'""",
    ),
    (
        *production('weekly_snapshot: {start: "01:30"}'),
        f"{AT}.weekly_snapshot.start: the snapshot may start up to 60 minutes after sat "
        "01:30, in RDS's backup_window 03:00-04:00 or the hour before it; move one of them: "
        "AWS Backup starts no job then",
    ),
    (
        *production('weekly_snapshot: {day: sun, start: "04:45"}'),
        f"{AT}.weekly_snapshot.start: the snapshot may start up to 60 minutes after sun "
        "04:45, in RDS's maintenance_window sun:04:30-sun:05:30 or the hour before it; move "
        "one of them: AWS Backup starts no job then",
    ),
    (
        *production('weekly_snapshot: {start: "6 o\'clock"}'),
        f'{AT}.weekly_snapshot.start: "6 o\'clock": not of the right form; give a quoted time '
        'of day in UTC, such as "06:00"',
    ),
    (
        *production("weekly_snapshot: {start_within_minutes: 30}"),
        f"{AT}.weekly_snapshot.start_within_minutes: 30: should be greater than or equal to "
        "60; give minutes within which the job must start, 60 to 1440",
    ),
    (
        *production("cross_region_copy: {start_within_minutes: 120, complete_within_minutes: 150}"),
        f"{AT}.cross_region_copy.complete_within_minutes: 150 leaves less than an hour for a "
        "backup that starts after 120; write 180 or more",
    ),
    (
        PRODUCTION,
        PROTECTED,
        PROTECTED.replace("true", "false"),
        f"{AT}.deletion_protection.reason: deletion protection is off without a reason; say "
        "in one sentence why, or write enabled: true",
    ),
    (
        CATALOG,
        LOCK,
        LOCK.replace("min_keep", "min_kep"),
        "lock.min_kep_days: unknown key; did you mean min_keep_days?",
    ),
]
FAULTS = [Broken(*row) for row in _ROWS]
_DOUBTFUL: list[tuple[str, ...]] = [
    (
        *production("lock: {mode: compliance, reason: a regulator asks, changeable_for_days: 30}"),
        f"{AT}.lock.mode: compliance: 30 days after the vaults are locked, nobody can "
        "shorten a retention or delete a vault with backups, not even AWS; use governance "
        "unless a regulator requires it (docs/adr/0012)",
    ),
]
WARNINGS = [Broken(*row) for row in _DOUBTFUL]
