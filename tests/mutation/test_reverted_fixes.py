"""Every mended fault, made again in a copy of the tree, turns the test red that is named for it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.checkout import Checkout
from tests.mutation.reverted_fixes import FIXES, Fix

FEWEST = 20
TESTS_FAILED = 1
"""pytest's exit code; a test that can't even be collected ends with another one."""


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    return Checkout.copy_to(tmp_path_factory.mktemp("reverted") / "project")


@pytest.fixture
def reverted(copy: Checkout, fix: Fix) -> Iterator[Checkout]:
    file = copy.root / fix.file
    text = file.read_text()
    assert text.count(fix.fixed) == 1, f"{fix.file} has changed: write the fix as it is there now"
    file.write_text(text.replace(fix.fixed, fix.broken))
    yield copy
    file.write_text(text)


def test_there_are_twenty_of_them() -> None:
    assert len({fix.name for fix in FIXES}) >= FEWEST


@pytest.mark.parametrize("fix", FIXES, ids=lambda fix: fix.name)
def test_a_reverted_fix_fails_its_test(reverted: Checkout, fix: Fix) -> None:
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--tb=line", fix.test],
        cwd=reverted.root,
        env={**os.environ, "PYTHONPATH": str(reverted.root)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == TESTS_FAILED, ran.stdout + ran.stderr
    assert f"FAILED {fix.test}" in ran.stdout
    assert "ERROR" not in ran.stdout
