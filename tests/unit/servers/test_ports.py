"""Ports of this machine for servers that start later."""

from __future__ import annotations

import socket

import pytest

from sandbox import ports


def test_a_reserved_port_is_nobody_elses_until_it_is_released() -> None:
    port = ports.reserve_port()
    with socket.socket() as another, pytest.raises(OSError, match="in use"):
        another.bind(("127.0.0.1", port))
    ports.release_port(port)
    with socket.create_server(("127.0.0.1", port)):
        pass
    ports.release_port(port)  # of a port that isn't reserved: nothing to do
