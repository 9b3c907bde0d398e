"""Checks after `up` through the pooler: TLS on both sides, and the documented settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import psycopg

from acceptance import documented, logins, roles
from acceptance.logins import Login
from acceptance.roles import APP, LoginOf, Tried
from engine.result import Check
from sandbox.paths import SandboxPaths

SERVER_TLS = "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()"
LEFT_BEHIND = "SET app.current_org_id = 'left behind'"
SEEN = "SELECT coalesce(current_setting('app.current_org_id', true), '')"
CONSOLE = "pgbouncer"


def checks(
    paths: SandboxPaths, outputs: Mapping[str, Any], login_of: LoginOf, secrets: Any, tried: Tried
) -> Iterator[Check]:
    pooler = outputs["pgbouncer"]

    def through(login: Login) -> Login:
        return logins.pooled(login, pooler, logins.write_authority(paths, outputs))

    def application() -> Login:
        return through(login_of(APP))

    def console() -> Login:
        arn = pooler["stats_secret_arn"]
        content = json.loads(secrets.get_secret_value(SecretId=arn)["SecretString"])
        at = {**outputs["postgres"], "database": CONSOLE}
        return through(logins.of_secret(arn, at, content["dbname"], secrets))

    yield tried("pooler: TLS to clients and to servers", "TLS and TLS", partial(_tls, application))
    yield tried(
        f"pooler: {APP} reads and writes",
        "1 contacts",
        lambda: roles.read_as(application(), roles.OURS),
    )
    yield tried(
        "pooler: another organization's rows stay hidden",
        "0 contacts",
        lambda: roles.read_as(application(), roles.THEIRS),
    )
    yield tried(
        "pooler: a SET left behind doesn't reach the next client",
        "nothing",
        lambda: _left_behind(application()),
    )
    for name, value in documented.POOLING.items():
        yield tried(f"pooler: {name}", value, partial(_setting, console, name))


def _tls(login: Callable[[], Login]) -> str:
    with psycopg.connect(**login().keywords(), autocommit=True) as connection:
        client = "TLS" if connection.pgconn.ssl_in_use else "no TLS"
        row = connection.execute(SERVER_TLS).fetchone()
    return f"{client} and {'TLS' if row and row[0] else 'no TLS'}"


def _left_behind(login: Login) -> str:
    """Two clients in turn on the same server connection."""
    with psycopg.connect(**login.keywords(), autocommit=True) as first:
        pid = first.execute("SELECT pg_backend_pid()").fetchone()
        first.execute(LEFT_BEHIND)
    with psycopg.connect(**login.keywords(), autocommit=True) as second:
        row = second.execute("SELECT pg_backend_pid(), " + SEEN.removeprefix("SELECT ")).fetchone()
    if row is None or pid is None or row[0] != pid[0]:
        return "the second client got another server connection: nothing was tried"
    return str(row[1]) or "nothing"


def _setting(login: Callable[[], Login], name: str) -> str:
    # PgBouncer's console takes only the simple protocol and no transactions
    with psycopg.connect(
        **login().keywords(), autocommit=True, cursor_factory=psycopg.ClientCursor
    ) as connection:
        rows = connection.execute("SHOW CONFIG").fetchall()
    return next((str(row[1]) for row in rows if row[0] == name), "unknown to it")
