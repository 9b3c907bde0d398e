"""Rules of the certificates: trusted authorities, and renewal before expiry."""

from __future__ import annotations

from collections.abc import Iterator

from config.rules.rule import Case, ConfigRule, repeated
from config.settings.certificates import EXPIRY_WARNING_DAYS
from config.settings.stack import Settings

KEY = "nexusflow:certificates"
SERVERS = frozenset({"pgbouncer", "clickhouse", "redis"})
"""Names of the data stores' own server certificates."""


def renewed_at_once(s: Settings) -> Iterator[Case]:
    certificates = s.certificates
    for where, row in (("authority", certificates.authority), ("issued", certificates.issued)):
        if row.renewal_days >= row.validity_days:
            yield {"where": where, "row": row}


ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{KEY}.clients",
        lambda s: repeated(s.certificates.clients),
        "{item} is listed twice",
        "list each client once",
    ),
    ConfigRule(
        f"{KEY}.clients",
        lambda s: [{"name": name} for name in s.certificates.clients if name in SERVERS],
        "{name} is the name of a server certificate",
        "name the application that connects, such as nexusflow-api",
    ),
    ConfigRule(
        f"{KEY}.authority.trusted",
        lambda s: s.certificates.authority.key_version not in s.certificates.authority.trusted,
        "the signing key version {s.certificates.authority.key_version} is not trusted",
        "list it too, or every client would refuse the certificates signed with it",
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
        "{row.renewal_days} days before expiry, but validity_days is {row.validity_days}: every "
        "`up` would renew it",
        "write fewer days than validity_days",
    ),
    ConfigRule(
        f"{KEY}.authority.renewal_days",
        lambda s: (
            s.certificates.authority.renewal_days < s.certificates.issued.validity_days
            and s.certificates.authority.renewal_days < s.certificates.authority.validity_days
        ),
        "certificates issued for {s.certificates.issued.validity_days} days would outlive the "
        "authority, which is renewed {s.certificates.authority.renewal_days} days before it "
        "expires",
        "write {s.certificates.issued.validity_days} or more",
    ),
    ConfigRule(
        f"{KEY}.issued.renewal_days",
        lambda s: s.certificates.issued.renewal_days <= EXPIRY_WARNING_DAYS,
        "renewal {s.certificates.issued.renewal_days} days before expiry comes after the alarm, "
        f"which fires at {EXPIRY_WARNING_DAYS}",
        f"write {EXPIRY_WARNING_DAYS + 1} or more, such as 60",
    ),
)
