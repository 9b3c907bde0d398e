"""The events' tables in ClickHouse, pure: statements that every host of the data may run again."""

from __future__ import annotations

from pathlib import Path

_FILE = Path(__file__).parent / "clickhouse" / "events.sql"


def schema(retention_months: int) -> str:
    """A replica that comes anew runs it too, and then fetches the data from the others."""
    text = _FILE.read_text("utf-8")
    return text.replace(":retention_months", str(retention_months))
