"""Lets the generated SDKs be imported although warnings are errors."""

from __future__ import annotations

import pytest


def pytest_configure(config: pytest.Config) -> None:
    # They warn of deprecated aliases of their own whenever they are imported.
    config.addinivalue_line("filterwarnings", r"ignore::DeprecationWarning:pulumi_\w+")
