"""Providers that were pickled into a state once still load: their import path is fixed for good.

Each recorded file is the value of `__provider` in the state of one dynamic resource: a pickle in
base64, as `pulumi.dynamic` wrote it on 2026-11-28 with Python 3.11 (pickle protocol 4, which every
supported Python reads). It holds the class by reference (module and name) and no code. Never
record one again: they stand for states that exist.
"""

from __future__ import annotations

import base64
import pickletools
from pathlib import Path
from typing import Any

import dill  # type: ignore[import-untyped]
import pytest
from pulumi.dynamic.dynamic import serialize_provider

from components.postgres import dynamic

RECORDED = sorted((Path(__file__).parent / "pickled_providers").glob("*.txt"))


def _pickle(text: str) -> bytes:
    return base64.b64decode(text.strip(), validate=True)


def test_every_provider_has_a_recorded_pickle() -> None:
    assert {path.stem for path in RECORDED} == {
        "MigrationsProvider",
        "ObjectOwnershipProvider",
        "CatalogReconcilerProvider",
    }


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_recorded_provider_loads_as_the_current_class(path: Path) -> None:
    # dill.loads is what the plugin `pulumi.dynamic` calls on `__provider`
    provider = dill.loads(_pickle(path.read_text("utf-8")))  # noqa: S301 - our own file
    assert type(provider) is getattr(dynamic, path.stem)
    assert type(provider).__module__ == "components.postgres.dynamic"


@pytest.mark.parametrize("path", RECORDED, ids=lambda path: path.stem)
def test_a_provider_is_pickled_by_reference_and_without_code(path: Path) -> None:
    # Independent of the interpreter: newer ones may write another protocol, but the same strings.
    kind: type[Any] = getattr(dynamic, path.stem)
    strings = [
        value
        for _, value, _ in pickletools.genops(_pickle(serialize_provider(kind())))
        if isinstance(value, str)
    ]
    assert strings == ["components.postgres.dynamic", path.stem]
