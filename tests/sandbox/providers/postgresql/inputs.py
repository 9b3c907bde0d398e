"""Inputs of roles and databases, and changes made by hand."""

from __future__ import annotations

import base64
from typing import LiteralString

from database import scram

SALT = base64.b64encode(b"0123456789abcdef").decode()

SECRET = "it's-a-planted secret\\1"


def verifier(password: str) -> str:
    return scram.verifier_from_base64(password, SALT)


ROLE_CHANGES: list[tuple[str, LiteralString]] = [
    ("login", "ALTER ROLE {role} LOGIN"),
    ("superuser", "ALTER ROLE {role} SUPERUSER"),
    ("createDatabase", "ALTER ROLE {role} CREATEDB"),
    ("createRole", "ALTER ROLE {role} CREATEROLE"),
    ("inherit", "ALTER ROLE {role} NOINHERIT"),
    ("replication", "ALTER ROLE {role} REPLICATION"),
    ("bypassRowLevelSecurity", "ALTER ROLE {role} BYPASSRLS"),
    ("connectionLimit", "ALTER ROLE {role} CONNECTION LIMIT 3"),
    ("validUntil", "ALTER ROLE {role} VALID UNTIL '2001-01-01'"),
    ("roles", "GRANT pg_monitor TO {role}"),
    ("roles", "REVOKE pg_read_all_stats FROM {role}"),
    ("searchPaths", "ALTER ROLE {role} SET search_path TO elsewhere"),
    ("statementTimeout", "ALTER ROLE {role} SET statement_timeout TO 1000"),
    (
        "idleInTransactionSessionTimeout",
        "ALTER ROLE {role} SET idle_in_transaction_session_timeout TO 1000",
    ),
    ("assumeRole", "ALTER ROLE {role} SET role TO pg_monitor"),
]

DATABASE_CHANGES: list[tuple[str, LiteralString]] = [
    ("owner", "ALTER DATABASE {database} OWNER TO pg_monitor"),
    ("connectionLimit", "ALTER DATABASE {database} CONNECTION LIMIT 3"),
    ("allowConnections", "ALTER DATABASE {database} ALLOW_CONNECTIONS false"),
    ("isTemplate", "ALTER DATABASE {database} IS_TEMPLATE true"),
]
