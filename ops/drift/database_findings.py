"""Database findings: catalog, passwords and migrations, compared over the master login."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from acceptance import secret_values
from config.settings.database import DatabaseSettings
from database import logins, migrate, migration_files
from database import plan as plans
from database.catalog import ObjectType
from database.facts import Connection, read
from database.logins import Server
from database.plan import Difference
from database.repairs import By
from ops.drift.findings import ABSENT, EXISTS, Class, Finding, Layer
from policy.model import Severity

SUPERUSER_ATTRIBUTES = ("attribute/superuser", "attribute/bypassrls", "attribute/replication")
SECURITY_PATHS = (
    *("attribute/row_level_security", "attribute/force_row_level_security", "policy/", "grant/"),
    *("membership/", "attribute/security_definer", "owner", "attribute/password"),
)
"""Beginnings of the paths that decide who may read or write what."""
FIXES = {
    By.MASTER: "pulumi up --refresh reverts it: {text}",
    By.SUPERUSER: "a superuser must run: {text}",
    By.STACK: "pulumi up --refresh creates it: {text}",
    By.PERSON: "declare it in config/defaults/database.yaml, or decide to run: {text}",
}


def database_findings(
    outputs: Mapping[str, Any],
    secrets_manager: Any,
    code: DatabaseSettings,
    applied: DatabaseSettings | None,
) -> list[Finding]:
    """All findings of the database that the stack's outputs name.

    `code` is the catalog of the code, `applied` the one that was applied last, if any;
    `secrets_manager` is a boto3 client. Raises UnreachableError.
    """
    postgres = outputs["postgres"]
    server = _server(postgres, secret_values.read(secrets_manager, postgres["master_secret_arn"]))
    passwords = {
        role: str(secret_values.read(secrets_manager, entry["secret_arn"])["password"])
        for role, entry in outputs["roles"].items()
    }
    with server.connect() as connection:
        found = catalog_findings(connection, code, applied or code)
        found += migration_findings(connection)
    return found + [_password_finding(user) for user in logins.refused(server, passwords)]


def _server(postgres: Mapping[str, Any], secret: Mapping[str, Any]) -> Server:
    return Server(
        host=str(postgres["address"]),
        port=int(postgres["port"]),
        database=str(postgres["database"]),
        user=str(secret["username"]),
        password=str(secret["password"]),
    )


def catalog_findings(
    connection: Connection, code: DatabaseSettings, applied: DatabaseSettings
) -> list[Finding]:
    """The database compared with the code and with what was applied last, which together tell
    whether the database was changed or the code is ahead."""
    facts = read(connection, code.owner)
    from_code = {(each.resource, each.path): each for each in plans.plan(code, facts)}
    from_applied = from_code
    if applied != code:
        from_applied = {(each.resource, each.path): each for each in plans.plan(applied, facts)}
    return [
        _classified(from_code.get(key), from_applied.get(key))
        for key in sorted({*from_code, *from_applied})
    ]


def migration_findings(connection: Connection) -> list[Finding]:
    """Migrations that are missing on one side or differ between the files and the history."""
    files = migration_files.checksums(migration_files.load())
    history = migrate.applied(connection)
    return [
        Finding(
            Layer.DATABASE,
            f"migration:{name}",
            "checksum",
            files.get(name, ABSENT),
            history.get(name, ABSENT),
            Class.UNAPPLIED if name not in history else Class.DRIFT,
            Severity.LOW if name not in history else Severity.HIGH,
            "run: pulumi up"
            if name not in history
            else "deploy the code that contains this migration as it was applied",
        )
        for name in sorted({*files, *history})
        if files.get(name) != history.get(name)
    ]


def _classified(code: Difference | None, applied: Difference | None) -> Finding:
    difference = code or applied
    assert difference is not None  # noqa: S101 - one of the two exists
    fix = FIXES[difference.repair.by].format(text=difference.repair.text)
    if applied is None:
        class_, severity, fix = Class.UNAPPLIED, Severity.LOW, "run: pulumi up"
    elif code is None or code.expected != applied.expected:
        class_, severity = Class.BOTH, severity_of(difference)
    else:
        class_, severity = Class(difference.class_.value), severity_of(difference)
    return Finding(
        Layer.DATABASE,
        str(difference.resource),
        difference.path,
        difference.expected,
        difference.actual,
        class_,
        severity,
        fix,
    )


def severity_of(difference: Difference) -> Severity:
    """How much a difference endangers data or opens access to it."""
    path, is_missing = difference.path, difference.actual == plans.ABSENT
    if path in SUPERUSER_ATTRIBUTES or (path == EXISTS and is_missing):
        return Severity.CRITICAL
    if difference.resource.kind is ObjectType.ROLE and path == "attribute/login":
        return Severity.HIGH
    if path.startswith(SECURITY_PATHS):
        # a missing right only locks out; a missing row policy may open rows
        return Severity.MEDIUM if is_missing and "policy/" not in path else Severity.HIGH
    return Severity.MEDIUM


def _password_finding(user: str) -> Finding:
    return Finding(
        Layer.DATABASE,
        f"role:{user}",
        "attribute/password",
        "the one in its secret",
        "a different one",
        Class.DRIFT,
        Severity.HIGH,
        "pulumi up --refresh sets it again",
    )
