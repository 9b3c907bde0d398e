"""Rules of the secrets: which principals may read which secrets."""

from __future__ import annotations

from collections.abc import Iterator

from config.errors import nearest
from config.rules.rule import Case, ConfigRule, repeated
from config.settings.clickhouse import LOGINS as CLICKHOUSE_LOGINS
from config.settings.redis import secret_key
from config.settings.stack import Settings

KEY = "nexusflow:secrets"


def _principals(s: Settings) -> Iterator[tuple[str, str]]:
    lists = {"administrators": s.secrets.administrators}
    lists |= {f"readers.{login}": listed for login, listed in s.secrets.readers.items()}
    for where, listed in lists.items():
        for principal in listed:
            yield where, principal


def application_secrets(s: Settings) -> set[str]:
    """The keys of the secrets that applications outside this stack read."""
    return {
        *s.database.roles,
        *map(secret_key, s.redis.users),
        *(f"clickhouse-{login}" for login in CLICKHOUSE_LOGINS),
        *(f"tls-{client}" for client in s.certificates.clients),
    }


def everyone(s: Settings) -> Iterator[Case]:
    for where, principal in _principals(s):
        if not principal.partition("/")[2].strip("*/"):
            yield {"where": where, "principal": principal}


def unknown_logins(s: Settings) -> Iterator[Case]:
    known = application_secrets(s)
    for login in s.secrets.readers:
        if login not in known:
            yield {"login": login, "near": nearest(login, known)}


def listed_twice(s: Settings) -> Iterator[Case]:
    lists = {"administrators": s.secrets.administrators}
    lists |= {f"readers.{login}": listed for login, listed in s.secrets.readers.items()}
    for where, listed in lists.items():
        for case in repeated(listed):
            yield {"where": where, **case}


ERRORS: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{KEY}.{{where}}",
        everyone,
        "{principal} matches every principal of the account",
        "name the roles, or a part of their names",
    ),
    ConfigRule(
        f"{KEY}.{{where}}",
        listed_twice,
        "{item} is listed twice",
        "list each once",
    ),
    ConfigRule(
        f"{KEY}.readers.{{login}}",
        unknown_logins,
        "{login} is not the key of a secret that applications read",
        "{near}",
    ),
)
