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
        "cross_region_copy.keep_days: 30 days, but the vaults' lock admits 40 to 365: every such "
        "backup would fail; write a number in between, or change lock",
        CATALOG,
    ),
    (
        *production("weekly_snapshot: {keep_days: 400}"),
        f"{AT}.weekly_snapshot.keep_days: 400 days, but the vaults' lock admits 30 to 365: every "
        "such backup would fail; write a number in between, or change lock",
    ),
    (
        *production("lock: {min_keep_days: 366}"),
        f"{AT}.lock.min_keep_days: 366 is more than max_keep_days 365; write the smaller number "
        "here",
    ),
    (
        *production("cross_region_copy: {keep_days: 36}"),
        f"{AT}.cross_region_copy.keep_days: 36: should be less than or equal to 35; give days, 1 "
        "to 35: RDS keeps no copy longer",
    ),
    (
        *production("lock: {mode: compliance, changeable_for_days: 3}"),
        f"{AT}.lock.reason: compliance without a reason, and nobody can ever undo it; say in one "
        "sentence why, or write mode: governance",
    ),
    (
        *production("lock: {mode: compliance, reason: a regulator asks for it}"),
        f"{AT}.lock.changeable_for_days: missing with compliance; give the days in which it can "
        "still be undone, 3 or more",
    ),
    (
        *production("lock: {mode: compliance, reason: a regulator asks, changeable_for_days: 2}"),
        f"{AT}.lock.changeable_for_days: 2: should be greater than or equal to 3; give days until "
        "compliance can't be undone any more, 3 or more",
    ),
    (
        *production("lock: {changeable_for_days: 3}"),
        f"{AT}.lock.changeable_for_days: AWS makes a lock with it compliance, but the mode is "
        "governance; leave it out, or write mode: compliance with a reason",
    ),
    (
        STAGING,
        "  nexusflow:backups:\n",
        "  nexusflow:backups:\n"
        "    lock: {mode: compliance, reason: a trial, changeable_for_days: 3}\n",
        f"{AT}.lock.mode: compliance, but deletion_protection is off: no vault in compliance can "
        "be emptied; write governance, or switch the protection on",
    ),
    (
        *production("lock: {mode: advisory}"),
        f"""{AT}.lock.mode: "advisory" is not allowed; use 'governance' or 'compliance'""",
    ),
    (
        *production('weekly_snapshot: {start: "01:30"}'),
        f"{AT}.weekly_snapshot.start: the snapshot may begin until 60 minutes after sat 01:30, in "
        "RDS's backup_window 03:00-04:00 or the hour before it; move one of them: AWS Backup "
        "begins nothing then",
    ),
    (
        *production('weekly_snapshot: {day: sun, start: "04:45"}'),
        f"{AT}.weekly_snapshot.start: the snapshot may begin until 60 minutes after sun 04:45, in "
        "RDS's maintenance_window sun:04:30-sun:05:30 or the hour before it; move one of them: AWS "
        "Backup begins nothing then",
    ),
    (
        *production('weekly_snapshot: {start: "6 o\'clock"}'),
        f"""{AT}.weekly_snapshot.start: "6 o'clock": not of the right form; give a quoted time """
        'in UTC, such as "06:00"',
    ),
    (
        *production("weekly_snapshot: {start_within_minutes: 30}"),
        f"{AT}.weekly_snapshot.start_within_minutes: 30: should be greater than or equal to 60; "
        "give how many minutes later it may begin, 60 to 1440",
    ),
    (
        *production("cross_region_copy: {start_within_minutes: 120, complete_within_minutes: 150}"),
        f"{AT}.cross_region_copy.complete_within_minutes: 150 leaves less than an hour to a backup "
        "that begins after 120; write 180 or more",
    ),
    (
        PRODUCTION,
        PROTECTED,
        PROTECTED.replace("true", "false"),
        f"{AT}.deletion_protection.reason: the protection is off without a reason; say in one "
        "sentence why, or write enabled: true",
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
        f"{AT}.lock.mode: compliance: 30 days after the vaults are locked nobody can shorten a "
        "retention or delete a vault with backups, AWS neither; use governance unless a regulator "
        "asks for it (docs/adr/0012)",
    ),
]
WARNINGS = [Broken(*row) for row in _DOUBTFUL]
