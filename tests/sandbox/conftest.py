"""An emulator of its own for the tests that need one, and boto3 pointed at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from sandbox.emulator import client
from sandbox.paths import SandboxPaths


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[client.Emulator]:
    paths = SandboxPaths("test", Path(tmp_path_factory.mktemp("project")))
    paths.directory.mkdir(parents=True)
    with pytest.MonkeyPatch.context() as patch:
        running = client.ensure(paths)
        patch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        yield running
        client.stop(paths)
