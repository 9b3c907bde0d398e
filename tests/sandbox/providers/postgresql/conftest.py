"""A real server, and the postgresql provider connected to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.sandbox.providers.engine_client import Engine
from tests.sandbox.providers.postgresql_provider import (
    Maker,
    Running,
    running,
)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("project")) as server:
        yield server


@pytest.fixture(scope="module")
def provider(server: Running) -> Iterator[Engine]:
    with server.provider() as speaking:
        yield speaking


@pytest.fixture
def make(provider: Engine) -> Iterator[Maker]:
    maker = Maker(provider)
    yield maker
    maker.end()


@pytest.fixture
def behind(server: Running) -> Callable[..., list[Any]]:
    return server.behind
