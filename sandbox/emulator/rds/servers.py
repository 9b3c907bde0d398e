"""The servers behind emulated resources, by region and identifier."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import NamedTuple

from sandbox.emulator.ecs.poolers import Poolers
from sandbox.emulator.elasticache.servers import RedisPlane
from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.postgres.roles import Master
from sandbox.servers.postgres.server import PostgresServer, PostgresServerError


class Place(NamedTuple):
    """Where an instance lives; identifiers are unique per region."""

    region: str
    identifier: str


class DataPlane:
    """Starts, keeps and stops the servers. Calls for one instance come one after another."""

    def __init__(self, paths: SandboxPaths) -> None:
        self._paths = paths
        self._servers: dict[Place, PostgresServer] = {}
        self._lock = threading.Lock()
        self.poolers = Poolers(paths)
        self._authority = CertificateAuthority(f"NexusFlow sandbox CA ({paths.environment})")
        self._authority.write(paths.ca_certificate)
        self.redis = RedisPlane(paths, self._authority)

    def create(
        self, place: Place, parameters: Mapping[str, str], master: Master, database: str | None
    ) -> PostgresServer:
        server = PostgresServer.create_primary(
            self._paths,
            place.identifier,
            authority=self._authority,
            parameters=parameters,
            master=master,
            database=database,
        )
        with self._lock:
            self._servers[place] = server
        return server

    def create_standby(
        self, place: Place, source: Place, parameters: Mapping[str, str]
    ) -> PostgresServer:
        upstream = self.find(source)
        if upstream is None or not upstream.running:
            raise PostgresServerError(f"{source.identifier} has no running server to follow.")
        server = PostgresServer.create_standby(
            self._paths,
            place.identifier,
            source=upstream,
            authority=self._authority,
            parameters=parameters,
        )
        with self._lock:
            self._servers[place] = server
        return server

    def find(self, place: Place) -> PostgresServer | None:
        with self._lock:
            return self._servers.get(place)

    def rename(self, old: Place, new: Place) -> None:
        with self._lock:
            if server := self._servers.pop(old, None):
                server.identifier = new.identifier
                self._servers[new] = server

    def destroy(self, place: Place) -> None:
        with self._lock:
            server = self._servers.pop(place, None)
        if server:
            server.destroy()

    def destroy_all(self, chosen: Callable[[Place], bool] = lambda _: True) -> None:
        with self._lock:
            places = [place for place in self._servers if chosen(place)]
        for place in places:
            self.destroy(place)

    def close(self) -> None:
        """Ends every server, also one that was being made when the emulator was stopped."""
        self.poolers.stop_all()
        self.destroy_all()
        self.redis.destroy_all()
        processes.end_leftovers(self._paths)

    def dead(self) -> list[str]:
        """The names of the servers that ended without being asked to."""
        names = [server.identifier for server in self._dead()]
        return [*names, *self.redis.dead(), *self.poolers.dead()]

    def resume_dead(self) -> list[str]:
        """Starts the dead servers again; returns their names. The sources of replicas start first,
        and PostgreSQL before the poolers in front of it."""
        resumed = self._dead()
        for server in sorted(resumed, key=_depth):
            server.revive()
        names = [server.identifier for server in resumed]
        return [*names, *self.redis.resume_dead(), *self.poolers.resume_dead()]

    def _dead(self) -> list[PostgresServer]:
        with self._lock:
            return [server for server in self._servers.values() if server.died]

    def listing(self) -> list[dict[str, object]]:
        """The running servers, for those who look into the sandbox."""
        with self._lock:
            servers = sorted(self._servers.items())
        listed: list[dict[str, object]] = [
            {
                "identifier": place.identifier,
                "region": place.region,
                "engine": "postgres",
                "address": "127.0.0.1",
                "port": server.port,
                "superuser_url": server.superuser_url,
                "replicates": server.source.identifier if server.source else None,
            }
            for place, server in servers
            if server.running
        ]
        return [*listed, *self.poolers.listing(), *self.redis.listing()]


def _depth(server: PostgresServer) -> int:
    """How many servers it replicates from, directly and indirectly."""
    return 0 if server.source is None else 1 + _depth(server.source)
