"""Snapshots of an emulator in a directory.

The directory holds `emulator.pickle` and, under `servers/`, the files of each data server.
"""

from __future__ import annotations

import pickle
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sandbox.emulator import moto_state
from sandbox.emulator.ledger import Entry, Key, Ledger
from sandbox.emulator.rds.servers import DataPlane, PlaneRecord
from sandbox.servers.certificates import CertificateAuthority

FILE = "emulator.pickle"
SERVERS = "servers"


@dataclass(frozen=True)
class Image:
    """The state of an emulator, apart from its servers' files."""

    port: int
    authority: CertificateAuthority
    ledger: dict[Key, Entry]
    plane: PlaneRecord
    moto: moto_state.State


def save(directory: Path, port: int, plane: DataPlane, ledger: Ledger) -> None:
    """Writes the snapshot. The PostgreSQL servers are stopped while they are copied."""
    servers = directory / SERVERS
    servers.mkdir()
    record = plane.save(servers)
    image = Image(port, plane.authority, ledger.entries(), record, moto_state.collect())
    (directory / FILE).write_bytes(moto_state.dumps(image))


def load(directory: Path) -> Image:
    """Reads a snapshot whose stamp was checked: unpickling can run arbitrary code."""
    image = pickle.loads((directory / FILE).read_bytes())  # noqa: S301 - our own, mode 0700
    assert isinstance(image, Image)  # noqa: S101 - the stamp was checked
    return image


def restore(image: Image, directory: Path, plane: DataPlane) -> None:
    """Restores moto's state and starts the servers on their previous ports."""
    moto_state.install(image.moto)
    plane.restore(image.plane, directory / SERVERS, _address)


def _address(region: str, host: str) -> str:
    from moto.core import DEFAULT_ACCOUNT_ID
    from moto.ecs.models import ecs_backends

    from sandbox.emulator.ecs import tasks

    backend: Any = ecs_backends[DEFAULT_ACCOUNT_ID][region]
    return tasks.address(backend, host)
