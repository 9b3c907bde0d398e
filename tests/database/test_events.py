"""The events' tables on ClickHouse's own SQL engine (chdb 1.4.1 is 23.10; there is none of 23.8).

In process it has neither Keeper nor a cluster, so replication and distribution are taken out of
the statements: the columns, the order, the partitions and what ends after its months stay.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from database import events

NOW = datetime.now(UTC)
ROWS = """INSERT INTO analytics.events_local (organization_id, event_type, timestamp, event_id)
SELECT toUUID('00000000-0000-0000-0000-00000000000' || toString(number % 3)), 'opened',
       toDateTime64('{when}', 3, 'UTC'), generateUUIDv4() FROM numbers({count})"""

KEPT = "SELECT toUInt32(count()) AS kept FROM analytics.events_local"


def alone(months: int) -> list[str]:
    """The schema's statements as one server without a cluster takes them."""
    text = re.sub(r"ReplicatedMergeTree\([^)]*\)", "MergeTree", events.schema(months)).replace(
        "replicated_deduplication_window", "non_replicated_deduplication_window"
    )
    statements = [statement.strip() for statement in text.split(";") if statement.strip()]
    return [statement for statement in statements if "Distributed" not in statement]


ENGINE = """
import json, sys, time
from chdb import session
engine = session.Session()
def ask(text):
    return [json.loads(line) for line in str(engine.query(text, "JSONEachRow")).splitlines()]
asked = json.load(sys.stdin)
answers = [ask(text) for text in asked["statements"]]
deadline = time.monotonic() + 60
while asked["repeated"] and answers[-1] != asked["until"] and time.monotonic() < deadline:
    answers.append(ask(asked["repeated"]))
print(json.dumps(answers))
"""


def run(*statements: str, repeated: str = "", until: object = None) -> list[list[dict[str, Any]]]:
    """Runs statements in an engine of their own: chdb keeps one for the whole process. Merges drop
    what is over in their own time, so a query may be repeated until it has an answer."""
    asked = {"statements": statements, "repeated": repeated, "until": until}
    finished = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", ENGINE],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
    )
    assert finished.returncode == 0, finished.stderr[-2000:]
    answers: list[list[dict[str, Any]]] = json.loads(finished.stdout.splitlines()[-1])
    return answers


def test_the_schema_runs_and_runs_again() -> None:
    described = run(*alone(12), *alone(12), "DESCRIBE analytics.events_local")[-1]
    assert {row["name"]: row["type"] for row in described} == {
        "organization_id": "UUID",
        "event_type": "LowCardinality(String)",
        "timestamp": "DateTime64(3, 'UTC')",
        "event_id": "UUID",
        "user_id": "Nullable(UUID)",
        "properties": "String",
        "ingested_at": "DateTime('UTC')",
    }


@pytest.mark.parametrize("months", [1, 12])
def test_events_end_after_their_retention(months: int) -> None:
    over = NOW - timedelta(days=31 * (months + 2))
    answers = run(
        *alone(months),
        ROWS.format(when=over.strftime("%Y-%m-%d %H:%M:%S"), count=10),
        ROWS.format(when=NOW.strftime("%Y-%m-%d %H:%M:%S"), count=7),
        repeated=KEPT,
        until=[{"kept": 7}],
    )
    assert answers[-1] == [{"kept": 7}]


def test_another_retention_changes_a_table_that_exists() -> None:
    (row,) = run(
        *alone(12),
        *alone(3),
        "SELECT create_table_query AS text FROM system.tables WHERE name = 'events_local'",
    )[-1]
    assert "toIntervalMonth(3)" in row["text"]
    assert "toIntervalMonth(12)" not in row["text"]


def test_the_tables_of_a_cluster_are_replicated_and_reached_through_one_name() -> None:
    text = events.schema(12)
    assert (
        "ReplicatedMergeTree('/clickhouse/tables/{shard}/{database}/{table}', '{replica}')" in text
    )
    assert "Distributed('analytics', 'analytics', 'events_local'" in text
    assert ":retention_months" not in text
