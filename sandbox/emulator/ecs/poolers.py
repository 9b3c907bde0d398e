"""The poolers behind emulated ECS services, by region, cluster and service."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import NamedTuple

from sandbox.paths import SandboxPaths
from sandbox.servers.pgbouncer.server import PgBouncerServer, Task


class ServicePlace(NamedTuple):
    """Where a service lives; its name is unique in a cluster."""

    region: str
    cluster: str
    service: str


class Poolers:
    """Starts, rolls and stops the servers. Deployments come one after another."""

    def __init__(self, paths: SandboxPaths) -> None:
        self._paths = paths
        self._servers: dict[ServicePlace, PgBouncerServer] = {}
        self._lock = threading.RLock()

    def deploy(
        self, place: ServicePlace, task: Task, port: int, address_of: Callable[[str], str]
    ) -> None:
        """Runs the task in place of the one before; when it doesn't start, that one runs again."""
        with self._lock:
            server = self._servers.get(place)
            before = server.task if server else None
            if server is None or server.port != port:
                self.stop(place)
                server = PgBouncerServer(self._paths, port, address_of)
            server.stop()
            try:
                server.start(task)
            except BaseException:
                if before is None:
                    server.destroy()
                    self._servers.pop(place, None)
                else:
                    self._servers[place] = server
                    server.start(before)
                raise
            self._servers[place] = server

    def stop(self, place: ServicePlace) -> None:
        with self._lock:
            if server := self._servers.pop(place, None):
                server.destroy()

    def stop_all(self) -> None:
        with self._lock:
            for place in list(self._servers):
                self.stop(place)

    def dead(self) -> list[str]:
        """The names of the poolers that ended without being asked to."""
        with self._lock:
            return [_name(place) for place, each in sorted(self._servers.items()) if each.died]

    def resume_dead(self) -> list[str]:
        """Starts the dead poolers again; returns their names."""
        with self._lock:
            names = self.dead()
            for server in self._servers.values():
                if server.died and server.task is not None:
                    server.start(server.task)
        return names

    def save(self) -> dict[ServicePlace, tuple[Task, int]]:
        """Task and port of each: a pooler has no data."""
        with self._lock:
            return {
                place: (server.task, server.port)
                for place, server in self._servers.items()
                if server.task is not None
            }

    def listing(self) -> list[dict[str, object]]:
        with self._lock:
            servers = sorted(self._servers.items())
        return [
            {
                "identifier": _name(place),
                "region": place.region,
                "engine": "pgbouncer",
                "address": "127.0.0.1",
                "port": server.port,
            }
            for place, server in servers
            if server.running
        ]


def _name(place: ServicePlace) -> str:
    return f"{place.cluster}/{place.service}"
