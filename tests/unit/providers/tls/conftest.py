"""The tls provider and an authority."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

import pytest

from sandbox.providers.tls import signing
from sandbox.providers.tls.__main__ import PROVIDER
from tests.sandbox.providers.engine_client import Engine, Live, engine
from tests.unit.providers.tls.inputs import KEY, NOW, P256


@pytest.fixture(scope="module")
def tls() -> Iterator[Engine]:
    with engine(PROVIDER) as speaking:
        yield speaking


@pytest.fixture(scope="module")
def authority_key(tls: Engine) -> Live:
    return tls.create(KEY, P256)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[datetime]:
    """What the provider takes for the time; a test may set it forward."""
    time = [NOW]
    monkeypatch.setattr(signing, "now", lambda: time[0])
    return time
