"""The real servers behind emulated resources: PostgreSQL here, Redis and PgBouncer beside it."""

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
    """Identifies a DB instance: identifiers are unique within a region."""

    region: str
    identifier: str


class PlaneRecord(NamedTuple):
    """The contents of a snapshot about the servers, apart from their files."""

    postgres: list[tuple[InstanceKey, PostgresRecord, InstanceKey | None]]
    """Each server with its replication source, if any. Sources come before their replicas."""
    redis: dict[GroupKey, list[RedisRecord]]
    pgbouncer: dict[ServiceKey, tuple[Task, int]]


class DataPlane:
    """Starts, finds and stops the servers. Callers serialize the calls for one instance."""

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
            keys = [key for key in self._servers if chosen(key)]
        for key in keys:
            self.destroy(key)

    def save(self, directory: Path) -> PlaneRecord:
        """Copies every server's files. PostgreSQL servers are stopped while they are copied."""
        with self._lock:
            return PlaneRecord(
                self._save_postgres(directory), self.redis.save(directory), self.pgbouncer.save()
            )

    def _save_postgres(
        self, directory: Path
    ) -> list[tuple[InstanceKey, PostgresRecord, InstanceKey | None]]:
        keys = {server: key for key, server in self._servers.items()}
        sources_first = sorted(keys, key=lambda server: (_depth(server), keys[server]))
        running = [server for server in sources_first if server.running]
        for server in reversed(running):
            server.stop()
        try:
            records = []
            for server in sources_first:
                files = directory / _files(keys[server])
                files.mkdir(mode=0o700)
                record = replace(server.save(files), running=server in running)
                source = keys[server.source] if server.source else None
                records.append((keys[server], record, source))
        finally:
            for server in running:
                server.resume()
        return records

    def restore(
        self, record: PlaneRecord, directory: Path, address: Callable[[str, str], str]
    ) -> None:
        """Starts the servers of a snapshot. `address` resolves a host name seen from a region."""
        for key, postgres, source in record.postgres:
            self._servers[key] = PostgresServer.restore(
                self._paths,
                postgres,
                directory / _files(key),
                self._servers[source] if source else None,
            )
        self.redis.restore(record.redis, directory)
        for service, (task, port) in record.pgbouncer.items():
            self.pgbouncer.deploy(service, task, port, functools.partial(address, service.region))

    def close(self) -> None:
        """Ends every server, including those that were still being created."""
        self.pgbouncer.stop_all()
        self.destroy_all()
        self.redis.destroy_all()
        processes.end_leftovers(self._paths)

    def dead(self) -> list[str]:
        """The names of the servers that ended unexpectedly."""
        names = [server.identifier for server in self._dead()]
        return [*names, *self.redis.dead(), *self.pgbouncer.dead()]

    def resume_dead(self) -> list[str]:
        """Restarts the dead servers; returns their names. Replication sources start before their
        replicas, and PostgreSQL before PgBouncer."""
        resumed = self._dead()
        for server in sorted(resumed, key=_depth):
            server.revive()
        names = [server.identifier for server in resumed]
        return [*names, *self.redis.resume_dead(), *self.pgbouncer.resume_dead()]

    def _dead(self) -> list[PostgresServer]:
        with self._lock:
            return [server for server in self._servers.values() if server.died]

    def listing(self) -> list[dict[str, object]]:
        """The running servers, for tools that connect to them directly."""
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
    """The number of servers that it replicates from, directly and indirectly."""
    return 0 if server.source is None else 1 + _depth(server.source)


def _files(key: InstanceKey) -> str:
    return f"postgres-{key.region}-{key.identifier}"
