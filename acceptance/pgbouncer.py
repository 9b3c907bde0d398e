"""Checks of PgBouncer: TLS on both sides, tenant isolation through pooling, documented settings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import psycopg

from acceptance import documented, logins, postgres_roles
from acceptance.attempt import check
from acceptance.logins import PostgresLogin
from acceptance.postgres_roles import (
    APPLICATION,
    OTHER_ORGANIZATION,
    OWN_ORGANIZATION,
    RoleLogin,
)
from engine.result import Check
from sandbox.paths import SandboxPaths

SERVER_TLS = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
SET_ORGANIZATION = "SET app.current_org_id = 'left by the previous client'"
BACKEND_AND_ORGANIZATION = (
    "SELECT pg_backend_pid(), coalesce(current_setting('app.current_org_id', true), '')"
)
CONSOLE_DATABASE = "pgbouncer"


def checks(
    paths: SandboxPaths, outputs: Mapping[str, Any], role: RoleLogin, secrets_manager: Any
) -> Iterator[Check]:
    pgbouncer = outputs["pgbouncer"]

    def application() -> PostgresLogin:
        ca_certificate = logins.write_private_ca(paths, outputs)
        return logins.through_pgbouncer(role(APPLICATION), pgbouncer, ca_certificate)

    def console() -> PostgresLogin:
        ca_certificate = logins.write_private_ca(paths, outputs)
        arn = pgbouncer["stats_secret_arn"]
        server = {**outputs["postgres"], "database": CONSOLE_DATABASE}
        stats = logins.postgres_login(arn, server, ca_certificate, secrets_manager)
        return logins.through_pgbouncer(stats, pgbouncer, ca_certificate)

    yield check(
        "pgbouncer: TLS on both sides", "client TLS, server TLS", partial(_tls, application)
    )
    yield check(
        f"pgbouncer: {APPLICATION} reads and writes",
        "1 visible row",
        lambda: postgres_roles.visible_rows(application(), OWN_ORGANIZATION),
    )
    yield check(
        "pgbouncer: another organization's rows stay hidden",
        "0 visible rows",
        lambda: postgres_roles.visible_rows(application(), OTHER_ORGANIZATION),
    )
    yield check(
        "pgbouncer: session settings don't leak to the next client",
        "unset",
        lambda: _leaked_setting(application()),
    )
    for name, value in documented.POOLING.items():
        yield check(f"pgbouncer: {name}", value, partial(_setting, console, name))


def _tls(login: Callable[[], PostgresLogin]) -> str:
    with psycopg.connect(**login().keywords(), autocommit=True) as connection:
        client = "TLS" if connection.pgconn.ssl_in_use else "plain text"
        row = connection.execute(SERVER_TLS).fetchone()
    return f"client {client}, server {'TLS' if row and row[0] else 'plain text'}"


def _leaked_setting(login: PostgresLogin) -> str:
    """The value that a second client sees on the server connection that the first one has used."""
    with psycopg.connect(**login.keywords(), autocommit=True) as first:
        pid = first.execute("SELECT pg_backend_pid()").fetchone()
        first.execute(SET_ORGANIZATION)
    with psycopg.connect(**login.keywords(), autocommit=True) as second:
        row = second.execute(BACKEND_AND_ORGANIZATION).fetchone()
    if row is None or pid is None or row[0] != pid[0]:
        return "the second client got another server connection, so nothing was checked"
    return str(row[1]) or "unset"


def _setting(console: Callable[[], PostgresLogin], name: str) -> str:
    # the console supports neither transactions nor the extended query protocol
    with psycopg.connect(
        **console().keywords(), autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        rows = connection.execute("SHOW CONFIG").fetchall()
    return next((str(row[1]) for row in rows if row[0] == name), "no such setting")
