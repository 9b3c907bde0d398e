"""Which program is taken for Redis, and what is said when there is none."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.servers.postgres import binaries
from sandbox.servers.redis import binaries as redis_binary


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("PATH", str(tmp_path))
    redis_binary.executable.cache_clear()
    yield tmp_path
    redis_binary.executable.cache_clear()


def program(path: Path, name: str, version: str) -> Path:
    file = path / name
    file.write_text(f"#!/bin/sh\necho 'Redis server v={version} sha=0'\n")
    file.chmod(0o755)
    return file


def test_the_server_is_found_by_its_name(path: Path) -> None:
    expected = program(path, "redis-server", "7.0.15")
    assert redis_binary.executable() == expected


def test_debians_tools_are_the_server_under_another_name(path: Path) -> None:
    expected = program(path, "redis-check-rdb", "7.0.15")
    assert redis_binary.executable() == expected


def test_an_older_server_is_not_taken_and_the_command_for_a_newer_one_is_named(
    path: Path,
) -> None:
    program(path, "redis-server", "6.2.7")
    with pytest.raises(binaries.MissingProgramError) as missing:
        redis_binary.executable()
    assert "version 6" in str(missing.value)
    assert redis_binary.install_command() in str(missing.value)
