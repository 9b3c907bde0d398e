"""The rules of who may read secrets."""

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


def of_applications(s: Settings) -> set[str]:
    """The keys of secrets that applications outside this stack read, as components give them."""
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
    known = of_applications(s)
    for login in s.secrets.readers:
        if login not in known:
            yield {"login": login, "near": nearest(login, known)}


def listed_twice(s: Settings) -> Iterator[Case]:
    lists = {"administrators": s.secrets.administrators}
    lists |= {f"readers.{login}": listed for login, listed in s.secrets.readers.items()}
    for where, listed in lists.items():
        for case in repeated(listed):
            yield {"where": where, **case}


REFUSED: tuple[ConfigRule[Settings], ...] = (
    ConfigRule(
        f"{KEY}.{{where}}",
        everyone,
        "{principal} is everyone of the account",
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
        "{login} is neither a role of config/defaults/database.yaml nor tls- and a client",
        "{near}",
    ),
)
