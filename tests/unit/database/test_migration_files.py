"""Migration files: their form, their order, and histories that they do not continue."""

from __future__ import annotations

from pathlib import Path

import pytest

from database import migration_files
from database.migration_files import MigrationError

EMPTY = "-- Up\nSELECT 1;\n-- Down\nSELECT 1;\n"


@pytest.mark.parametrize(
    ("names", "done", "said"),
    [
        (["20270101_a"], {"20270101_a": "other"}, "changed after it was applied"),
        ([], {"20270101_a": "any"}, "its file is missing"),
        (["20270101_a", "20270102_b"], {"20270102_b": None}, "give the file a newer timestamp"),
    ],
)
def test_a_history_that_the_files_do_not_continue_is_refused(
    names: list[str], done: dict[str, str | None], said: str
) -> None:
    files = [migration_files.parse(name, EMPTY) for name in names]
    known = migration_files.checksums(files)
    sums = {name: checksum or known[name] for name, checksum in done.items()}
    with pytest.raises(MigrationError, match=said):
        migration_files.pending(files, sums)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("first", "-- Up\n-- Down\n", "YYYYMMDD"),
        ("20270101_a", "-- Up\nSELECT 1;\n", "-- Down"),
        ("20270101_a", "-- Down\n-- Up\n", "comes before"),
    ],
)
def test_a_file_of_another_form_is_refused(name: str, text: str, said: str) -> None:
    with pytest.raises(MigrationError, match=said):
        migration_files.parse(name, text)


def test_migrations_of_one_day_are_applied_in_the_order_of_their_times(tmp_path: Path) -> None:
    names = ["20260309_base", "20260309093000_add", "20260310_next"]
    for name in names:
        (tmp_path / f"{name}.sql").write_text(EMPTY)
    files = migration_files.load(tmp_path)
    assert [each.name for each in files] == names
    done = {"20260309_base": files[0].checksum}
    assert [each.name for each in migration_files.pending(files, done)] == names[1:]
