"""The document that cloud-init gets: read back it is what was written, and cloud-init's schema
refuses what is none."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from components.clickhouse.cloud_config import File, document
from tests.unit.clickhouse import cloud_init

TEXTS = [
    "one line\n",
    "two\n\nparagraphs\n",
    "spaces alone:\n     \nat the end \n\t\n   deeper\n",
    "#!/bin/bash\necho \"a: 'b'\" # - c\n",
    "key: |\n  text\n...\n---\n",
    "“…”\n",
]


def test_the_files_are_read_back_as_they_were_written() -> None:
    files = [File(f"/etc/{number}", text, "0600") for number, text in enumerate(TEXTS)]
    read = yaml.safe_load(document("a title", files, "/etc/0"))
    assert read["write_files"] == [
        {"path": file.path, "permissions": "0600", "content": file.text} for file in files
    ]
    assert read["runcmd"] == [["/etc/0"]]
    assert cloud_init.faults(read) == []


def test_it_begins_as_cloud_init_wants_and_the_title_is_a_comment() -> None:
    text = document("a title", [File("/etc/0", "text\n")], "/etc/0")
    assert text.splitlines()[:3] == ["#cloud-config", "# a title", "write_files:"]


@pytest.mark.parametrize(
    ("wrong", "path"),
    [
        ({"write_files": 3}, "$.write_files"),
        (
            {"write_files": [{"path": "/etc/0", "permissions": 0o644}]},
            "$.write_files[0].permissions",
        ),
        ({"write_files": [{"path": "/etc/0", "mode": "0644"}]}, "$.write_files[0]"),
        ({"write_files": [{"content": "text"}]}, "$.write_files[0]"),
        ({"runcmd": "/etc/0"}, "$.runcmd"),
        ({"runcmd": [[1]]}, "$.runcmd[0]"),
        ({"write_file": []}, "$.write_file"),
    ],
)
def test_cloud_inits_schema_refuses(wrong: dict[str, Any], path: str) -> None:
    assert [fault.partition(": ")[0] for fault in cloud_init.faults(wrong)] == [path]


def test_a_missing_schema_is_reported_with_where_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda program: None)
    with pytest.raises(cloud_init.MissingSchemaError, match=f"Put {cloud_init.FILE} of any"):
        cloud_init.fetched(tmp_path)
