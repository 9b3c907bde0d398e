"""Golden files: recorded results that a test compares with. `UPDATE_GOLDEN=1 pytest` rewrites
them; the difference is then read in `git diff`."""

from __future__ import annotations

import os
from pathlib import Path


def golden(file: Path, found: str) -> str:
    """The recorded text, after `found` has replaced it if an update is asked for."""
    if os.environ.get("UPDATE_GOLDEN"):
        file.write_text(found, "utf-8")
    return file.read_text("utf-8")
