"""One emulator a worker, emptied for each file that needs one, and boto3 pointed at it."""

from __future__ import annotations

import urllib.request
from collections.abc import Iterator

import pytest

from sandbox.emulator import client
from sandbox.paths import SandboxPaths


@pytest.fixture(scope="session")
def emulator_paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxPaths]:
    paths = SandboxPaths("test", tmp_path_factory.mktemp("project"))
    client.ensure(paths)
    yield paths
    client.stop(paths)


@pytest.fixture(scope="module")
def paths(emulator_paths: SandboxPaths) -> SandboxPaths:
    """The paths of an emulator in which there is nothing."""
    endpoint = client.ensure(emulator_paths).endpoint
    reset = urllib.request.Request(f"{endpoint}/moto-api/reset", method="POST")  # noqa: S310 - ours
    with urllib.request.urlopen(reset, timeout=60):  # noqa: S310
        return emulator_paths


@pytest.fixture(scope="module")
def emulator(paths: SandboxPaths) -> Iterator[client.Emulator]:
    with pytest.MonkeyPatch.context() as patch:
        running = client.ensure(paths)
        patch.setenv("AWS_ENDPOINT_URL", running.endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "test")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "test")
        patch.setenv("AWS_REGION", "us-east-1")
        yield running
