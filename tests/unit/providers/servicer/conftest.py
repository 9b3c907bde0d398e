"""A toy provider behind the servicer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from tests.sandbox.providers.engine_client import Engine, engine
from tests.unit.providers.toy_provider import PROVIDER, Cloud, MemoryLedger


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return Cloud(tmp_path)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger()


@pytest.fixture
def toy(cloud: Cloud, ledger: MemoryLedger) -> Iterator[Engine]:
    provider = replace(PROVIDER, configure=lambda config: cloud, ledger=lambda session: ledger)
    with engine(provider) as speaking:
        yield speaking
