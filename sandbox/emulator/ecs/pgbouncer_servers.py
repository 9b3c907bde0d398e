"""The PgBouncer servers behind emulated ECS services, by region, cluster and service."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from sandbox.paths import SandboxPaths
from sandbox.servers.pgbouncer.server import PgBouncerServer, Task


class ServiceKey(NamedTuple):
    """Identifies a service: names are unique within a cluster."""

    region: str
    cluster: str
    service: str


class PgBouncerServers:
    """Starts, replaces and stops the servers. Deployments are serialized."""

    def __init__(self, paths: SandboxPaths) -> None:
        self._paths = paths
        self._servers: dict[ServiceKey, PgBouncerServer] = {}
        self._lock = threading.RLock()

    def deploy(
        self, key: ServiceKey, task: Task, port: int, address_of: Callable[[str], str]
    ) -> None:
        """Replaces a service's task. If the new one doesn't start, the previous one runs again."""
        with self._lock:
            server = self._servers.get(key)
            before = server.task if server else None
            if server is None or server.port != port:
                self.stop(key)
                server = PgBouncerServer(self._paths, port, address_of)
            server.stop()
            try:
                server.start(task)
            except BaseException:
                if before is None:
                    server.destroy()
                    self._servers.pop(key, None)
                else:
                    self._servers[key] = server
                    server.start(before)
                raise
            self._servers[key] = server

    def stop(self, key: ServiceKey) -> None:
        with self._lock:
            if server := self._servers.pop(key, None):
                server.destroy()

    def stop_all(self) -> None:
        with self._lock:
            for key in list(self._servers):
                self.stop(key)

    def dead(self) -> list[str]:
        """The names of the servers that ended unexpectedly."""
        with self._lock:
            return [_name(key) for key, each in sorted(self._servers.items()) if each.died]

    def resume_dead(self) -> list[str]:
        """Restarts the dead servers; returns their names."""
        with self._lock:
            names = self.dead()
            for server in self._servers.values():
                if server.died and server.task is not None:
                    server.start(server.task)
        return names

    def save(self) -> dict[ServiceKey, tuple[Task, int]]:
        """Task and port of each server, which is all there is to save: PgBouncer has no data."""
        with self._lock:
            return {
                key: (server.task, server.port)
                for key, server in self._servers.items()
                if server.task is not None
            }

    def listing(self) -> list[dict[str, object]]:
        with self._lock:
            servers = sorted(self._servers.items())
        return [
            {
                "identifier": _name(key),
                "region": key.region,
                "engine": "pgbouncer",
                "address": "127.0.0.1",
                "port": server.port,
            }
            for key, server in servers
            if server.running
        ]


def _name(key: ServiceKey) -> str:
    return f"{key.cluster}/{key.service}"
