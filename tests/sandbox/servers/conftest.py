"""A directory for a file's servers, and the authority of their certificates."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority


@pytest.fixture(scope="module")
def paths(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SandboxPaths]:
    paths = SandboxPaths("server-test", tmp_path_factory.mktemp("project"))
    paths.directory.mkdir(parents=True)
    yield paths
    processes.end_leftovers(paths)


@pytest.fixture(scope="module")
def authority(paths: SandboxPaths) -> CertificateAuthority:
    authority = CertificateAuthority("test")
    authority.write(paths.ca_certificate)
    return authority
