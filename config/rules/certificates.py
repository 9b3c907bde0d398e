"""The rules of certificates: who is trusted, and that renewal comes in time."""

from __future__ import annotations

from collections.abc import Iterator

from config.rules.rule import Case, ConfigRule, repeated
from config.settings.certificates import WARNED_DAYS
from config.settings.stack import Settings

KEY = "nexusflow:certificates"
SERVERS = frozenset({"pgbouncer", "clickhouse", "redis"})
"""Names that the stores' own certificates bear."""


def renewed_at_once(s: Settings) -> Iterator[Case]:
    certificates = s.certificates
    for where, row in (("authority", certificates.authority), ("issued", certificates.issued)):
        if row.renewal_days >= row.validity_days:
            yield {"where": where, "row": row}


REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{KEY}.clients",
        lambda s: repeated(s.certificates.clients),
        "{item} is listed twice",
        "list each client once",
    ),
    ConfigRule(
        f"{KEY}.clients",
        lambda s: [{"name": name} for name in s.certificates.clients if name in SERVERS],
        "{name} is a server's own name",
        "name the application that connects, such as nexusflow-api",
    ),
    ConfigRule(
        f"{KEY}.authority.trusted",
        lambda s: s.certificates.authority.key_version not in s.certificates.authority.trusted,
        "key version {s.certificates.authority.key_version}, which signs, is not trusted",
        "list it too: what it signs would be refused everywhere",
    ),
    ConfigRule(
        f"{KEY}.authority.trusted",
        lambda s: repeated(str(number) for number in s.certificates.authority.trusted),
        "{item} is listed twice",
        "list each key version once",
    ),
    ConfigRule(
        f"{KEY}.{{where}}.renewal_days",
        renewed_at_once,
        "{row.renewal_days} days before the end of {row.validity_days}: every `up` would renew",
        "write fewer days than validity_days",
    ),
    ConfigRule(
        f"{KEY}.authority.renewal_days",
        lambda s: (
            s.certificates.authority.renewal_days < s.certificates.issued.validity_days
            and s.certificates.authority.renewal_days < s.certificates.authority.validity_days
        ),
        "issued certificates hold {s.certificates.issued.validity_days} days and would outlive "
        "the authority, renewed {s.certificates.authority.renewal_days} days before its end",
        "write {s.certificates.issued.validity_days} or more",
    ),
    ConfigRule(
        f"{KEY}.issued.renewal_days",
        lambda s: s.certificates.issued.renewal_days <= WARNED_DAYS,
        "renewal {s.certificates.issued.renewal_days} days before the end comes after the alarm, "
        f"which rings at {WARNED_DAYS}",
        f"write {WARNED_DAYS + 1} or more, such as 60",
    ),
)
