"""The database layer of drift: the catalog, the logins and the migrations as they are."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from config.settings.database import DatabaseSettings
from database import logins, migrate
from database import plan as plans
from database.catalog import ObjectType
from database.facts import Connection, read
from database.logins import Server
from database.plan import Difference
from database.repairs import By
from ops.drift.findings import ABSENT, Class, Finding, Layer, Severity

PRIVILEGED = ("attribute/superuser", "attribute/bypassrls", "attribute/replication")
HOLES = (
    *("attribute/row_level_security", "attribute/force_row_level_security", "policy/"),
    *("grant/PUBLIC/", "membership/", "attribute/security_definer", "owner"),
    "attribute/password",
)
FIXES = {
    By.MASTER: "pulumi up --refresh repairs it: {text}",
    By.SUPERUSER: "a superuser runs: {text}",
    By.STACK: "pulumi up --refresh makes it: {text}",
    By.PERSON: "a person decides (declare it in config/defaults/database.yaml, or): {text}",
}


def findings(
    outputs: Mapping[str, Any],
    secrets: Any,
    access: DatabaseSettings,
    recorded: DatabaseSettings | None,
) -> list[Finding]:
    """All findings, by the master login that the stack's outputs name.

    `access` is the code's catalog and `recorded` the one that was applied last; `secrets` is
    a Secrets Manager client.
    """
    server = login(outputs["postgres"], outputs["postgres"]["master_secret_arn"], secrets)
    passwords = {
        role: login(outputs["postgres"], entry["secret_arn"], secrets).password
        for role, entry in outputs["roles"].items()
    }
    with server.connect() as connection:
        found = catalog(connection, access, recorded or access)
        found += migrations(connection)
    return found + [_password(user) for user in logins.refused(server, passwords)]


def login(postgres: Mapping[str, Any], secret_arn: str, secrets: Any) -> Server:
    """The login that a secret holds, at the address of the outputs."""
    content = json.loads(secrets.get_secret_value(SecretId=secret_arn)["SecretString"])
    return Server(
        host=str(postgres["address"]),
        port=int(postgres["port"]),
        database=str(postgres["database"]),
        user=str(content["username"]),
        password=str(content["password"]),
    )


def catalog(
    connection: Connection, access: DatabaseSettings, recorded: DatabaseSettings
) -> list[Finding]:
    """Compared with the code and with what was applied: the one is ahead, or the other changed."""
    facts = read(connection, access.owner)
    of_code = {(each.resource, each.path): each for each in plans.plan(access, facts)}
    applied = of_code
    if recorded != access:
        applied = {(each.resource, each.path): each for each in plans.plan(recorded, facts)}
    return [_finding(of_code.get(key), applied.get(key)) for key in sorted({*of_code, *applied})]


def migrations(connection: Connection) -> list[Finding]:
    files = migrate.checksums(migrate.load())
    done = migrate.applied(connection)
    return [
        Finding(
            Layer.DATABASE,
            f"migration:{name}",
            "checksum",
            files.get(name, ABSENT),
            done.get(name, ABSENT),
            Class.UNAPPLIED if name not in done else Class.DRIFT,
            Severity.LOW if name not in done else Severity.HIGH,
            "pulumi up applies it"
            if name not in done
            else "deploy the code that has this migration as it was applied",
        )
        for name in sorted({*files, *done})
        if files.get(name) != done.get(name)
    ]


def _finding(code: Difference | None, applied: Difference | None) -> Finding:
    difference = code or applied
    assert difference is not None  # noqa: S101 - one of the two is there
    fix = FIXES[difference.repair.by].format(text=difference.repair.text)
    if applied is None:
        class_, weight, fix = Class.UNAPPLIED, Severity.LOW, "pulumi up applies the code"
    elif code is None or code.expected != applied.expected:
        class_, weight = Class.BOTH, severity(difference)
    else:
        class_, weight = Class(difference.class_.value), severity(difference)
    return Finding(
        Layer.DATABASE,
        str(difference.resource),
        difference.path,
        difference.expected,
        difference.actual,
        class_,
        weight,
        fix,
    )


def severity(difference: Difference) -> Severity:
    if difference.path in PRIVILEGED or (
        difference.path == "exists" and difference.actual == plans.ABSENT
    ):
        return Severity.CRITICAL
    if difference.resource.kind is ObjectType.ROLE and difference.path == "attribute/login":
        return Severity.HIGH
    if difference.path.startswith(HOLES) or difference.path.startswith("grant/"):
        taken = difference.actual == plans.ABSENT
        return Severity.MEDIUM if taken and "policy/" not in difference.path else Severity.HIGH
    return Severity.MEDIUM


def _password(user: str) -> Finding:
    return Finding(
        Layer.DATABASE,
        f"role:{user}",
        "attribute/password",
        "as in its secret",
        "another",
        Class.DRIFT,
        Severity.HIGH,
        "pulumi up --refresh sets it again",
    )
