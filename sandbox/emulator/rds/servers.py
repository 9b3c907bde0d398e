"""The servers behind emulated resources, by region and identifier."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

from sandbox.emulator.ecs.pgbouncer_servers import PgBouncerServers, ServiceKey
from sandbox.emulator.elasticache.servers import GroupKey, RedisPlane
from sandbox.paths import SandboxPaths
from sandbox.servers import processes
from sandbox.servers.certificates import CertificateAuthority
from sandbox.servers.pgbouncer.server import Task
from sandbox.servers.postgres.roles import MasterUser
from sandbox.servers.postgres.server import PostgresRecord, PostgresServer, PostgresServerError
from sandbox.servers.redis.settings import RedisRecord


class InstanceKey(NamedTuple):
    """Where an instance lives; identifiers are unique per region."""

    region: str
    identifier: str


class PlaneRecord(NamedTuple):
    """What a snapshot holds of the servers besides their files."""

    postgres: list[tuple[InstanceKey, PostgresRecord, InstanceKey | None]]
    """A server and the one that it follows, which comes before it."""
    redis: dict[GroupKey, list[RedisRecord]]
    pgbouncer: dict[ServiceKey, tuple[Task, int]]


class DataPlane:
    """Starts, keeps and stops the servers. Calls for one instance come one after another."""

    def __init__(self, paths: SandboxPaths, authority: CertificateAuthority | None = None) -> None:
        self._paths = paths
        self._servers: dict[InstanceKey, PostgresServer] = {}
        self._lock = threading.Lock()
        self.pgbouncer = PgBouncerServers(paths)
        self.authority = authority or CertificateAuthority(
            f"NexusFlow sandbox CA ({paths.environment})"
        )
        self.authority.write(paths.ca_certificate)
        self.redis = RedisPlane(paths, self.authority)

    def create(
        self,
        key: InstanceKey,
        parameters: Mapping[str, str],
        master: MasterUser,
        database: str | None,
    ) -> PostgresServer:
        server = PostgresServer.create_primary(
            self._paths,
            key.identifier,
            authority=self.authority,
            parameters=parameters,
            master=master,
            database=database,
        )
        with self._lock:
            self._servers[key] = server
        return server

    def create_standby(
        self, key: InstanceKey, source: InstanceKey, parameters: Mapping[str, str]
    ) -> PostgresServer:
        upstream = self.find(source)
        if upstream is None or not upstream.running:
            raise PostgresServerError(f"{source.identifier} has no running server to follow.")
        server = PostgresServer.create_standby(
            self._paths,
            key.identifier,
            source=upstream,
            authority=self.authority,
            parameters=parameters,
        )
        with self._lock:
            self._servers[key] = server
        return server

    def find(self, key: InstanceKey) -> PostgresServer | None:
        with self._lock:
            return self._servers.get(key)

    def rename(self, old: InstanceKey, new: InstanceKey) -> None:
        with self._lock:
            if server := self._servers.pop(old, None):
                server.identifier = new.identifier
                self._servers[new] = server

    def destroy(self, key: InstanceKey) -> None:
        with self._lock:
            server = self._servers.pop(key, None)
        if server:
            server.destroy()

    def destroy_all(self, chosen: Callable[[InstanceKey], bool] = lambda _: True) -> None:
        with self._lock:
            places = [key for key in self._servers if chosen(key)]
        for key in places:
            self.destroy(key)

    def save(self, directory: Path) -> PlaneRecord:
        """Copies every server's files; PostgreSQL's stop for as long as that takes."""
        with self._lock:
            return PlaneRecord(
                self._save_postgres(directory), self.redis.save(directory), self.pgbouncer.save()
            )

    def _save_postgres(
        self, directory: Path
    ) -> list[tuple[InstanceKey, PostgresRecord, InstanceKey | None]]:
        places = {server: key for key, server in self._servers.items()}
        sources_first = sorted(places, key=lambda server: (_depth(server), places[server]))
        running = [server for server in sources_first if server.running]
        for server in reversed(running):
            server.stop()
        try:
            records = []
            for server in sources_first:
                files = directory / _files(places[server])
                files.mkdir(mode=0o700)
                record = replace(server.save(files), running=server in running)
                source = places[server.source] if server.source else None
                records.append((places[server], record, source))
        finally:
            for server in running:
                server.resume()
        return records

    def restore(
        self, record: PlaneRecord, directory: Path, address: Callable[[str, str], str]
    ) -> None:
        """Starts the servers of a snapshot. `address` tells where a host is for a region."""
        for key, postgres, source in record.postgres:
            self._servers[key] = PostgresServer.restore(
                self._paths,
                postgres,
                directory / _files(key),
                self._servers[source] if source else None,
            )
        self.redis.restore(record.redis, directory)
        for at, (task, port) in record.pgbouncer.items():
            self.pgbouncer.deploy(at, task, port, functools.partial(address, at.region))

    def close(self) -> None:
        """Ends every server, also one that was being made when the emulator was stopped."""
        self.pgbouncer.stop_all()
        self.destroy_all()
        self.redis.destroy_all()
        processes.end_leftovers(self._paths)

    def dead(self) -> list[str]:
        """The names of the servers that ended without being asked to."""
        names = [server.identifier for server in self._dead()]
        return [*names, *self.redis.dead(), *self.pgbouncer.dead()]

    def resume_dead(self) -> list[str]:
        """Starts the dead servers again; returns their names. The sources of replicas start first,
        and PostgreSQL before the poolers in front of it."""
        resumed = self._dead()
        for server in sorted(resumed, key=_depth):
            server.revive()
        names = [server.identifier for server in resumed]
        return [*names, *self.redis.resume_dead(), *self.pgbouncer.resume_dead()]

    def _dead(self) -> list[PostgresServer]:
        with self._lock:
            return [server for server in self._servers.values() if server.died]

    def listing(self) -> list[dict[str, object]]:
        """The running servers, for those who look into the sandbox."""
        with self._lock:
            servers = sorted(self._servers.items())
        listed: list[dict[str, object]] = [
            {
                "identifier": key.identifier,
                "region": key.region,
                "engine": "postgres",
                "address": "127.0.0.1",
                "port": server.port,
                "superuser_url": server.superuser_url,
                "replicates": server.source.identifier if server.source else None,
            }
            for key, server in servers
            if server.running
        ]
        return [*listed, *self.pgbouncer.listing(), *self.redis.listing()]


def _depth(server: PostgresServer) -> int:
    """How many servers it replicates from, directly and indirectly."""
    return 0 if server.source is None else 1 + _depth(server.source)


def _files(key: InstanceKey) -> str:
    return f"postgres-{key.region}-{key.identifier}"
