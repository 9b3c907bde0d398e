"""Local ports: which are free, and the attribute that names an emulated listener's."""

from __future__ import annotations

import socket

SANDBOX_PORT = "sandbox.port"
"""The emulator's own listener attribute that holds the local port."""


def free_port() -> int:
    """A port that is free now; another program may take it before it is used."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


_reserved: dict[int, socket.socket] = {}


def reserve_port() -> int:
    """A port that no other program gets until this process releases it or ends."""
    held = socket.socket()
    held.bind(("127.0.0.1", 0))
    port: int = held.getsockname()[1]
    _reserved[port] = held
    return port


def release_port(port: int) -> None:
    """Lets a server that is about to start listen on a reserved port."""
    if held := _reserved.pop(port, None):
        held.close()


def is_free(port: int) -> bool:
    """Whether a server could listen there. Connections that are still closing don't hinder it."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
