"""The ClickHouse schema of the events: idempotent statements that every data node runs."""

from __future__ import annotations

from pathlib import Path

_FILE = Path(__file__).parent / "clickhouse" / "events.sql"


def schema(retention_months: int) -> str:
    """The statements for this retention. A new replica runs them, then fetches the data."""
    text = _FILE.read_text("utf-8")
    return text.replace(":retention_months", str(retention_months))
