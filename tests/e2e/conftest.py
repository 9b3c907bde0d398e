"""Environments that are built once, saved, and restored for each file that needs one: all files of
production/ and staging/."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.e2e.checkout import Checkout

SNAPSHOT = "as-built"


@dataclass
class Estates:
    """One checkout, in which an environment is as `up` has built it whenever it is asked for."""

    checkout: Checkout
    _saved: set[str] = field(default_factory=set)

    @contextmanager
    def running(self, environment: str) -> Iterator[Checkout]:
        """The environment with unchanged files, until it is taken down again."""
        self.checkout.reset()
        if environment in self._saved:
            restored = self.checkout.sandbox("restore", SNAPSHOT, env=environment)
            assert restored.code == 0, restored.stderr
        else:
            self.checkout.up(environment)
            saved = self.checkout.sandbox("save", SNAPSHOT, env=environment)
            assert saved.code == 0, saved.stderr
            self._saved.add(environment)
        try:
            yield self.checkout
        finally:
            down = self.checkout.sandbox("down", env=environment)
        assert down.code == 0, down.stderr


@pytest.fixture(scope="session")
def estates(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Estates]:
    root = tmp_path_factory.mktemp("estates") / "project"
    yield Estates(Checkout.copy_to(root))
    shutil.rmtree(root)  # snapshots are large, and pytest would keep them


@pytest.fixture(scope="module")
def production(estates: Estates) -> Iterator[Checkout]:
    with estates.running("production") as checkout, use_aws(checkout, "production"):
        yield checkout


@pytest.fixture(scope="module")
def staging(estates: Estates) -> Iterator[Checkout]:
    with estates.running("staging") as checkout, use_aws(checkout, "staging"):
        yield checkout


@contextmanager
def use_aws(checkout: Checkout, environment: str) -> Iterator[None]:
    """Lets boto3 reach the environment by the variables that the command prints."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in checkout.exports(environment).items():
            if name.startswith("AWS_"):
                patch.setenv(name, value)
        yield
