"""A saved environment comes back as it was, at the same ports, or is refused with the reason."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import redis

from acceptance.redis import KEY_PREFIXES
from tests.e2e.checkout import Checkout

ENV, NAME = "staging", "before-the-change"
USER = "sessions"
KEY = f"{KEY_PREFIXES[USER]}kept"
OBJECT = 4711
"""A large object: data that is in no table, of which the catalog would know."""


@pytest.fixture(scope="module")
def saved(staging: Checkout) -> Checkout:
    """Staging with data of its own in both stores, saved."""
    as_superuser(staging, f"SELECT lo_from_bytea({OBJECT}, 'kept')")
    with sessions(staging) as connection:
        connection.set(KEY, "kept")
    finished = staging.sandbox("save", NAME, env=ENV)
    assert finished.code == 0, finished.stderr
    return staging


def as_superuser(checkout: Checkout, *statements: str) -> list[tuple[object, ...]]:
    with psycopg.connect(checkout.exports(ENV)["PG_SUPERUSER_URL"], autocommit=True) as connection:
        for statement in statements:
            cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


@contextmanager
def sessions(checkout: Checkout) -> Iterator[redis.Redis]:
    """A connection as the user of the sessions."""
    (url,) = (
        url
        for url in checkout.exports(ENV)["REDIS_URLS"].split(",")
        if urlsplit(url).username == f"nexusflow_{USER}"
    )
    with redis.Redis.from_url(url, decode_responses=True) as connection:
        yield connection


def snapshot(checkout: Checkout) -> Path:
    return checkout.root / ".sandbox" / f"{ENV}.snapshots" / NAME


def refusal(checkout: Checkout, operation: str, name: str) -> str:
    refused = checkout.sandbox(operation, name, env=ENV)
    assert refused.code == 2, refused.stdout
    assert refused.stderr.startswith("nexusdb: ")
    return str(refused.document["error"])


def test_what_was_changed_since_is_as_it_was_and_no_change_is_shown(saved: Checkout) -> None:
    before = saved.exports(ENV)
    as_superuser(saved, f"SELECT lo_unlink({OBJECT})", "CREATE ROLE intruder")
    with sessions(saved) as connection:
        connection.delete(KEY)
    restored = saved.sandbox("restore", NAME, env=ENV)
    assert restored.code == 0, restored.stderr
    assert saved.exports(ENV).keys() == before.keys()
    assert saved.exports(ENV)["PGPORT"] == before["PGPORT"]
    assert saved.exports(ENV)["AWS_ENDPOINT_URL"] == before["AWS_ENDPOINT_URL"]
    assert as_superuser(saved, f"SELECT lo_get({OBJECT})") == [(b"kept",)]
    assert as_superuser(saved, "SELECT rolname FROM pg_roles WHERE rolname = 'intruder'") == []
    with sessions(saved) as connection:
        assert connection.get(KEY) == "kept"
    for operation in ("preview", "refresh"):
        assert saved.sandbox(operation, "--expect-no-changes", env=ENV).code == 0
    again = saved.up(ENV).document
    assert all(check["passed"] for check in again["checks"])


def test_only_its_owner_can_look_into_a_snapshot(saved: Checkout) -> None:
    for directory in (snapshot(saved).parent, snapshot(saved)):
        assert directory.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("field", "why"),
    [("code", "the files of sandbox/ have changed since"), ("moto", "moto 0.0.0 wrote it")],
)
def test_what_other_code_wrote_is_refused_and_what_runs_stays(
    saved: Checkout, field: str, why: str
) -> None:
    file = snapshot(saved) / "stamp.json"
    written = file.read_text()
    file.write_text(json.dumps({**json.loads(written), field: "0.0.0"}))
    told = refusal(saved, "restore", NAME)
    file.write_text(written)
    assert why in told
    assert f"nexusdb sandbox up --env {ENV}" in told
    assert as_superuser(saved, "SELECT 1") == [(1,)]


@pytest.mark.parametrize("operation", ["save", "restore"])
def test_a_name_that_leads_elsewhere_is_refused(saved: Checkout, operation: str) -> None:
    assert "is not a valid snapshot name" in refusal(saved, operation, "../elsewhere")


def test_an_unknown_name_is_refused_with_those_there_are(saved: Checkout) -> None:
    assert NAME in refusal(saved, "restore", "unknown")


def test_a_port_that_another_program_has_taken_is_named(saved: Checkout) -> None:
    port = int(saved.exports(ENV)["PGPORT"])
    assert saved.sandbox("down", env=ENV).code == 0
    with socket.create_server(("127.0.0.1", port)):
        assert f"port {port}" in refusal(saved, "restore", NAME)
    assert "isn't running" in refusal(saved, "save", NAME)
    assert saved.sandbox("restore", NAME, env=ENV).code == 0
